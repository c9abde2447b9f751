"""Step 1: files that are lists, and everything else that people upload."""

import pytest
from sqlalchemy import func, select

from messaging import batches
from messaging.db import db
from messaging.models import Batch, Recipient
from messaging.patient_list.workbook import MAX_UNPACKED
from tests.cast import Cast
from tests.messaging.batch_drafts import ADA, BEN, HEADINGS
from tests.messaging.list_files import xlsx
from tests.webapp.batches.journey import SignIn, a_file, a_ready_batch, post_large, upload


def a_zip_bomb() -> bytes:
    """A workbook of some kilobytes with a part that unpacks to hundreds of megabytes."""
    return xlsx("<worksheet/>", extra={"xl/media/image1.png": bytes(MAX_UNPACKED + 1)})


NOT_LISTS = {
    "an empty file": (b"", "This file is empty."),
    "headings only": (HEADINGS.encode(), "no patients below them"),
    "a picture named .csv": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "a picture"),
    "a text without headings": (b"Dear all,\nplease find attached\nthe list\n", "row of headings"),
    "no NHS number column": (b"Email Address,First Name\na@example.org,Ada\n", "do not include NHS Number"),
    "no email column": (b"NHS Number,First Name\n9434765919,Ada\n", "do not include Email Address"),
    "a zip bomb": (a_zip_bomb(), "unpacks to far more"),
    "two encodings at once": ("\n".join([HEADINGS, ADA]).encode() + b"\nZo\xc3\xab,\xeb,\x81\n", "without guessing"),
    "bytes of nothing": (bytes(range(1, 32)) * 400, "not a list of patients"),
}


@pytest.mark.parametrize("what", NOT_LISTS)
def test_what_is_not_a_list_is_refused_with_a_sentence_and_leaves_nothing(
    sign_in: SignIn, cast: Cast, what: str
) -> None:
    content, sentence = NOT_LISTS[what]
    browser = sign_in(cast.alice)
    browser.get("/batches/new")

    page = browser.post("/batches/new", a_file(content, "list.csv"), status=422)

    assert sentence in " ".join(page.errors)
    assert db.session.scalar(select(func.count()).select_from(Batch)) == 0


def test_no_file_at_all_is_asked_for(sign_in: SignIn, cast: Cast) -> None:
    page = sign_in(cast.alice).post("/batches/new", {}, status=422)

    assert page.errors == ["Choose the file with your patient list."]


def test_a_part_that_holds_a_mistake_says_so_in_the_title_too(sign_in: SignIn, cast: Cast) -> None:
    part = sign_in(cast.alice).post("/batches/new", {}, status=422, part=True)

    titles = [title.get_text() for title in part.soup.find_all("title", recursive=False)]
    assert titles == ["Error: Patients – Riverside Surgery – Postround"]


def test_a_hundred_megabytes_are_refused_with_a_page(sign_in: SignIn, cast: Cast) -> None:
    page = post_large(sign_in(cast.alice), "/batches/new", bytes(100_000_000), status=413)

    assert "too big" in page.h1.lower()


def test_just_over_twenty_megabytes_is_refused_by_the_form_itself(sign_in: SignIn, cast: Cast) -> None:
    content = "\n".join([HEADINGS, ADA, "x" * 20_000_001]).encode()

    page = post_large(sign_in(cast.alice), "/batches/new", content, status=422)

    assert "larger than 20 MB" in page.errors[0]


@pytest.mark.parametrize(
    "content",
    [
        "\n".join([HEADINGS, ADA, BEN]).encode("utf-16"),
        "\n".join([HEADINGS, ADA, BEN]).replace(",", ";").encode("utf-8-sig"),
        "\n".join(["Report: flu,,,,", ",,,,", HEADINGS, ADA.replace("Ada", "Zoë"), BEN]).encode("cp1252"),
        "\n".join([HEADINGS, ADA, BEN, "9434\x0076\x005919,Nul,Bytes,nul@example.org,\x00"]).encode(),
    ],
)
def test_lists_in_every_dress_are_taken(sign_in: SignIn, cast: Cast, content: bytes) -> None:
    page = upload(sign_in(cast.alice), content)

    assert page.h1 == "Review Patient List"
    assert page.link("Continue with 2 patients")


def test_by_htmx_the_whole_page_goes_on_to_the_review(sign_in: SignIn, cast: Cast) -> None:
    browser = sign_in(cast.alice)
    browser.get("/batches/new")

    page = browser.post("/batches/new", a_file(), part=True, status=204)

    assert page.headers["HX-Redirect"] == "/batches/1/review"


def test_by_htmx_a_wrong_file_is_answered_by_the_form_alone(sign_in: SignIn, cast: Cast) -> None:
    browser = sign_in(cast.alice)
    browser.get("/batches/new")

    page = browser.post("/batches/new", a_file(b""), part=True, status=422)

    assert page.soup.find("form", id="upload")
    assert not page.soup.find("html")
    assert page.errors


def test_a_new_file_replaces_the_list_and_keeps_the_words(sign_in: SignIn, cast: Cast) -> None:
    browser = sign_in(cast.alice)
    a_ready_batch(browser)

    page = browser.follow(browser.post("/batches/1/patients", a_file(f"{HEADINGS}\n{ADA}".encode(), "again.csv")))

    assert page.link("Continue with 1 patient")
    batch = db.session.get_one(Batch, 1)
    assert (batch.list_filename, batch.subject) == ("again.csv", "Your flu jab")
    assert db.session.scalar(select(func.count()).select_from(Recipient)) == 1


def test_a_wrong_file_does_not_replace_the_list(sign_in: SignIn, cast: Cast) -> None:
    browser = sign_in(cast.alice)
    a_ready_batch(browser)

    browser.post("/batches/1/patients", a_file(b"", "again.csv"), status=422)

    assert batches.count_patients(db.session.get_one(Batch, 1)) == 3


def test_the_template_has_headings_and_nobody_who_could_be_sent_to(sign_in: SignIn, cast: Cast) -> None:
    page = sign_in(cast.nina).get("/batches/template.csv")

    assert page.text == "NHS Number,Email Address,First Name,Surname\r\n"


def test_what_was_passed_over_in_the_file_is_said_once(sign_in: SignIn, cast: Cast) -> None:
    browser = sign_in(cast.alice)

    page = upload(browser, f"Flu search\n{HEADINGS}\n{ADA}".encode())

    assert "1 row above the headings was skipped." in page.words
    assert "skipped" not in browser.get("/batches/1/review").words
