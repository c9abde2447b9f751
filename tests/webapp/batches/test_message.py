"""Message: words kept as they are typed, previewed as one patient sees them, tested on oneself."""

import pytest

from messaging import queue
from messaging.db import db
from messaging.models import Batch, Recipient
from tests.cast import Cast
from tests.messaging.batch_drafts import ADA, BEN, CAT, HEADINGS
from tests.webapp.batches.journey import SignIn, upload, words
from tests.webapp.browser import Browser, Page


@pytest.fixture
def browser(sign_in: SignIn, cast: Cast) -> Browser:
    """Alice's, with a list of Ada, Ben and Cat, of whom Cat has no clinic."""
    alices = sign_in(cast.alice)
    upload(alices)
    return alices


@pytest.fixture
def enqueued(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    jobs: list[tuple[object, ...]] = []

    def enqueue(*job: object) -> bool:
        jobs.append(job)
        return True

    monkeypatch.setattr(queue, "enqueue", enqueue)
    return jobs


def typed(browser: Browser, **more: str) -> Page:
    return browser.post("/batches/1/message/preview", {**words(), **more}, part=True, status=200)


def letter(page: Page) -> str:
    return " ".join(page.soup.select_one(".postround-letter").get_text(" ").split())


def test_the_fields_of_the_list_are_offered_as_text(browser: Browser) -> None:
    fields = [code.get_text() for code in browser.get("/batches/1/message").soup.select("[data-field]")]

    assert fields == ["((NHS number))", "((first name))", "((surname))", "((email address))", "((Clinic))"]


def test_what_is_typed_is_kept_and_shown_as_the_first_patient_sees_it(browser: Browser) -> None:
    page = typed(browser, body="Dear ((first name)),\n\nsee you on ((clinic)).")

    assert "To ada@example.org Subject Your flu jab Dear Ada, see you on Monday." in letter(page)
    assert "Saved" in page.words
    batch = db.session.get_one(Batch, 1)
    assert (batch.name, batch.subject, batch.body) == (
        "Flu",
        "Your flu jab",
        "Dear ((first name)),\n\nsee you on ((clinic)).",
    )


def test_unfinished_words_are_kept_too(browser: Browser) -> None:
    typed(browser, name="", subject="", body="Dear ((firs")

    assert db.session.get_one(Batch, 1).body == "Dear ((firs"


@pytest.mark.parametrize(
    ("show", "patient", "row"),
    [("next", "1", 3), ("previous", "1", 4), ("longest", "1", 3), ("empty", "1", 4), ("", "2", 3), ("next", "77", 3)],
)
def test_it_shows_another_patient(browser: Browser, show: str, patient: str, row: int) -> None:
    page = typed(browser, body="((clinic))", show=show, patient=patient)

    assert f"What the patient in row {row} will see" in page.words


def test_without_scripts_the_buttons_keep_the_words_and_show_the_same(browser: Browser) -> None:
    page = browser.post("/batches/1/message", {**words(body="New words"), "show": "next", "patient": "1"}, status=200)

    assert page.h1 == "Message"
    assert "What the patient in row 3 will see" in page.words
    assert page.soup.find("textarea").get_text().strip() == "New words"
    assert db.session.get_one(Batch, 1).body == "New words"


def test_it_says_for_how_many_patients_a_field_is_empty(browser: Browser) -> None:
    assert "((clinic)) is empty for 1 patient: nothing will stand there." in typed(browser, body="((clinic))").words
    assert "is empty" not in typed(browser, body="((surname))").words


def test_an_unknown_field_is_named_and_does_not_go_on(browser: Browser) -> None:
    sentence = "Your list has no column called ((dentist)). Take it out, or use one of the fields of your list."

    assert sentence in typed(browser, body="((dentist))").words
    page = browser.post("/batches/1/message", words(body="See ((dentist))"), status=422)
    assert page.errors == [sentence]
    assert "See ((dentist))" in page.soup.find("textarea").get_text()


@pytest.mark.parametrize("subject", ["About ((NHS number))", "About 943 476 5919"])
def test_what_identifies_a_patient_is_refused_in_the_subject(browser: Browser, subject: str) -> None:
    page = browser.post("/batches/1/message", words(subject=subject), status=422)

    assert "out of the subject" in page.errors[0]
    assert page.soup.select_one("#subject")["value"] == subject


def test_everything_that_is_missing_is_said_at_once(browser: Browser) -> None:
    page = browser.post("/batches/1/message", words("", "", ""), status=422)

    assert page.errors == ["Enter a name for this batch. Only staff see it.", "Enter a subject.", "Enter the message."]


def test_what_is_too_long_is_not_cut_but_refused(browser: Browser) -> None:
    browser.post("/batches/1/message", words(body="Kept"))

    page = browser.post("/batches/1/message", words(body="x" * 20_001), status=422)
    assert page.errors == ["The message must be 20,000 characters or fewer. It has 20,001."]
    assert "Not saved: something is too long." in typed(browser, body="x" * 20_001).words
    assert db.session.get_one(Batch, 1).body == "Kept"


def test_a_line_break_in_a_name_does_not_reach_the_subject(sign_in: SignIn, cast: Cast) -> None:
    browser = sign_in(cast.alice)
    row = '9434765919,"Ada\nBcc: all@example.org",Lovelace,ada@example.org,'
    upload(browser, f"{HEADINGS}\n{row}".encode())

    page = typed(browser, subject="For ((first name))")

    assert page.soup.select_one(".postround-letter__subject").get_text() == "For Ada Bcc: all@example.org"


def test_a_test_goes_to_oneself_with_the_patient_who_is_shown(
    browser: Browser, cast: Cast, enqueued: list[tuple[object, ...]]
) -> None:
    page = browser.follow(browser.post("/batches/1/test", {**words(body="Typed just now"), "patient": "2"}))

    assert "A test is on its way to alice@example.org." in page.words
    assert "row 3 of your file" in page.words
    assert enqueued == [(queue.SEND_TEST, 1, cast.alice.id, 2)]
    assert db.session.get_one(Batch, 1).body == "Typed just now"


def test_a_test_is_not_sent_from_words_that_cannot_be(browser: Browser, enqueued: list[tuple[object, ...]]) -> None:
    browser.post("/batches/1/test", words(subject=""), status=422)

    assert enqueued == []


def test_it_says_so_when_the_queue_is_away(browser: Browser) -> None:
    page = browser.follow(browser.post("/batches/1/test", words()))

    assert "The test was not sent, because the queue does not answer." in page.words
    assert "Success" not in page.words


def test_a_row_can_be_looked_at_before_any_word_is_written(browser: Browser) -> None:
    page = browser.get("/batches/1/message/preview?patient=1")

    assert page.h1 == "Row 2"
    assert "The message is not written yet." in page.words
    assert "Clinic Monday" in page.words


def test_a_patient_of_another_batch_is_not_shown(browser: Browser) -> None:
    upload(browser, "\n".join([HEADINGS, ADA, BEN, CAT]).encode())
    other = db.session.query(Recipient).filter_by(batch_id=2).first()
    assert other is not None

    browser.get(f"/batches/1/message/preview?patient={other.id}", status=404)
    page = browser.post("/batches/1/message/preview", {**words(), "patient": other.id}, part=True, status=200)
    assert page.soup.select_one("input[name=patient]")["value"] == "1"
