"""Failed to Deliver: who, why, what to do, and what was done about it."""

import csv
from collections.abc import Callable
from dataclasses import replace
from io import StringIO

import pytest
from sqlalchemy import event

from messaging.db import db, transaction
from messaging.models import AuditEntry, EvidenceKind, User
from messaging.reasons import Reason
from tests.cast import Cast
from tests.databases import BOTH
from tests.webapp.browser import HOSTILE, Browser, Page
from tests.webapp.failed_batch import ADA, BEN, CAT, Patient, a_batch, hears, patient_of

SignIn = Callable[[User], Browser]


def names(page: Page) -> list[str]:
    return [link.get_text(strip=True) for link in page.soup.select("tbody tr td:first-child a")]


def rows_of(page: Page) -> list[list[str]]:
    return list(csv.reader(StringIO(page.text)))


def many(number: int) -> list[Patient]:
    return [replace(ADA, first_name=f"Patient{n:03}", email=f"p{n}@example.com") for n in range(number)]


@BOTH
def test_it_lists_those_who_were_not_reached_and_what_to_do(sign_in: SignIn, cast: Cast) -> None:
    batch = a_batch(cast.riverside, cast.bob, ADA, BEN, CAT)
    page = sign_in(cast.nina).get(f"/batches/{batch.id}/failed")
    assert page.h1 == "Flu invitations Failed to Deliver"
    assert names(page) == ["Ben Nevis", "Ada Lovelace"]
    assert "943 476 5919" in page.words
    assert "There is no mailbox with this name. Ask the patient for their email address." in page.words
    assert "3 November 2026 at 9:07am" in page.words
    assert "This list can never be promised to be complete" in page.words


def test_a_batch_that_reached_everybody_says_so(sign_in: SignIn, cast: Cast) -> None:
    batch = a_batch(cast.riverside, cast.bob, CAT)
    page = sign_in(cast.nina).get(f"/batches/{batch.id}/failed")
    assert "So far, nobody has told us that a message of this batch did not arrive." in page.words


@BOTH
def test_reasons_have_counts_that_filter(sign_in: SignIn, cast: Cast) -> None:
    batch = a_batch(cast.riverside, cast.bob, ADA, BEN, replace(BEN, first_name="Bea"))
    browser = sign_in(cast.nina)
    page = browser.get(f"/batches/{batch.id}/failed")
    page = browser.get(page.link("Mailbox full (2)"))
    assert names(page) == ["Bea Nevis", "Ben Nevis"]
    assert "No such mailbox (1)" in page.words


@BOTH
def test_a_search_finds_by_name_number_and_address_and_stays_out_of_addresses(sign_in: SignIn, cast: Cast) -> None:
    batch = a_batch(cast.riverside, cast.bob, ADA, BEN)
    browser = sign_in(cast.nina)
    address = f"/batches/{batch.id}/failed"
    for words, found in (("love", "Ada Lovelace"), ("999 054 8609", "Ben Nevis"), ("BEN@example.net", "Ben Nevis")):
        page = browser.post(address, {"words": words}, status=200)
        assert names(page) == [found]
        assert words not in "".join(str(link["href"]) for link in page.soup.find_all("a", href=True))
    assert "No patient matches." in browser.post(address, {"words": "100%"}, status=200).words


def test_a_search_keeps_the_filter_and_the_button_that_was_pressed_wins(sign_in: SignIn, cast: Cast) -> None:
    batch = a_batch(cast.riverside, cast.bob, ADA, BEN)
    data = {"words": "e", "reason": ["mailbox_full", "no_such_mailbox"]}
    assert names(sign_in(cast.nina).post(f"/batches/{batch.id}/failed", data, status=200)) == ["Ada Lovelace"]


def test_a_long_list_has_pages_and_htmx_gets_only_the_list(sign_in: SignIn, cast: Cast) -> None:
    batch = a_batch(cast.riverside, cast.bob, *many(120))
    browser = sign_in(cast.nina)
    page = browser.get(f"/batches/{batch.id}/failed")
    assert len(names(page)) == 50
    assert "Showing 1 to 50 of 120 patients" in page.words
    part = browser.get(page.link("Next page"), part=True)
    assert not part.soup.find("h1")
    assert part.soup.select_one("#failed-count[hx-swap-oob]").get_text() == "Showing 51 to 100 of 120 patients"
    assert len(names(browser.get(f"/batches/{batch.id}/failed?page=99"))) == 20
    for odd in ("-1", "x", "9" * 30, "²"):
        assert len(names(browser.get(f"/batches/{batch.id}/failed?page={odd}"))) == 50


@BOTH
def test_a_page_asks_the_database_as_often_for_fifty_rows_as_for_two(sign_in: SignIn, cast: Cast) -> None:
    sign_in(cast.nina).get("/")  # the first connection asks about the server
    counts = []
    for patients in (many(2), many(50)):
        batch = a_batch(cast.riverside, cast.bob, *patients)
        asked: list[str] = []

        def note(*arguments: object, asked: list[str] = asked) -> None:
            asked.append(str(arguments[2]))

        event.listen(db.engine, "before_cursor_execute", note)
        sign_in(cast.nina).get(f"/batches/{batch.id}/failed")
        event.remove(db.engine, "before_cursor_execute", note)
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert counts[0] < 15


@BOTH
def test_the_csv_begins_with_nhs_number_and_email_address(sign_in: SignIn, cast: Cast) -> None:
    batch = a_batch(cast.riverside, cast.bob, ADA, BEN, CAT)
    hears(patient_of(batch, "Ada"), EvidenceKind.FAILED, applied=True, diagnostic="550 5.1.1\r\n no such user")
    page = sign_in(cast.nina).get(f"/batches/{batch.id}/failed.csv")
    assert page.text.startswith("NHS Number,Email Address,First Name,Surname,")
    assert page.headers["Content-Disposition"] == 'attachment; filename="Failed to Deliver - Flu invitations.csv"'
    heading, *rows = rows_of(page)
    assert heading[-4:] == ["Reason", "What to do", "Reported at", "Diagnostic"]
    ada = dict(zip(heading, rows[1], strict=True))
    assert ada["NHS Number"] == "9434765919"
    assert ada["Reason"] == "There is no mailbox with this name."
    assert ada["Reported at"] == "2026-11-03 09:07"
    assert ada["Diagnostic"] == "550 5.1.1 no such user"


def test_downloads_follow_the_filter_the_search_and_are_written_down(sign_in: SignIn, cast: Cast) -> None:
    batch = a_batch(cast.riverside, cast.bob, ADA, BEN)
    browser = sign_in(cast.nina)
    filtered = browser.get(f"/batches/{batch.id}/failed/calls.csv?reason=mailbox_full")
    assert [row[1] for row in rows_of(filtered)[1:]] == ["Ben"]
    assert "Mobile Number" in rows_of(filtered)[0]
    searched = browser.post(f"/batches/{batch.id}/failed.csv", {"words": "ada"}, status=200)
    assert [row[2] for row in rows_of(searched)[1:]] == ["Ada"]
    entries = db.session.query(AuditEntry).all()
    assert [entry.action for entry in entries] == ["call list downloaded", "failed list downloaded"]


def test_no_cell_is_a_formula(sign_in: SignIn, cast: Cast) -> None:
    hostile = [replace(ADA, first_name=f"{sign}cmd|calc", mobile="+447700900123") for sign in "=+-@\t\r"]
    batch = a_batch(cast.riverside, cast.bob, *hostile)
    for address in ("failed.csv", "failed/calls.csv"):
        page = sign_in(cast.nina).get(f"/batches/{batch.id}/{address}")
        cells = [cell for row in rows_of(page)[1:] for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
        assert "'+447700900123" in cells


@BOTH
def test_many_can_be_marked_as_dealt_with_and_who_was_first_stays(sign_in: SignIn, cast: Cast) -> None:
    batch = a_batch(cast.riverside, cast.bob, ADA, BEN)
    ids = [str(patient_of(batch, name).id) for name in ("Ada", "Ben")]
    browser = sign_in(cast.bob)
    page = browser.follow(browser.post(f"/batches/{batch.id}/failed/dealt-with", {"patient": ids}, status=303))
    assert page.words.count("Bob") >= 3
    sign_in(cast.alice).post(f"/batches/{batch.id}/failed/dealt-with", {"patient": ids}, status=303)
    assert patient_of(batch, "Ada").dealt_with_by_id == cast.bob.id
    entry = db.session.query(AuditEntry).filter_by(action="dealt with").one()
    assert entry.detail == {"patients": 2}


def test_marking_without_choosing_asks_to_choose(sign_in: SignIn, cast: Cast) -> None:
    batch = a_batch(cast.riverside, cast.bob, ADA, BEN)
    page = sign_in(cast.bob).post(f"/batches/{batch.id}/failed/dealt-with", {"reason": "mailbox_full"}, status=422)
    assert "Choose at least one patient." in page.words
    assert names(page) == ["Ben Nevis"]


def test_the_mark_can_be_taken_away(sign_in: SignIn, cast: Cast) -> None:
    batch = a_batch(cast.riverside, cast.bob, ADA, BEN)
    ada = patient_of(batch, "Ada")
    browser = sign_in(cast.bob)
    browser.post(f"/batches/{batch.id}/failed/dealt-with", {"patient": str(ada.id)}, status=303)
    data = {"undo": str(ada.id), "patient": str(patient_of(batch, "Ben").id)}
    browser.post(f"/batches/{batch.id}/failed/dealt-with", data, status=303)
    assert patient_of(batch, "Ada").dealt_with_at is None
    assert patient_of(batch, "Ben").dealt_with_at is None


def test_the_list_filters_by_dealt_with_and_comes_back_to_where_one_was(sign_in: SignIn, cast: Cast) -> None:
    batch = a_batch(cast.riverside, cast.bob, ADA, BEN)
    browser = sign_in(cast.bob)
    data = {"patient": str(patient_of(batch, "Ada").id), "reason": "no_such_mailbox", "dealt": "no", "page": "1"}
    answer = browser.post(f"/batches/{batch.id}/failed/dealt-with", data, status=303)
    assert answer.headers["Location"] == f"/batches/{batch.id}/failed?reason=no_such_mailbox&dealt=no&page=1"
    assert names(browser.get(f"/batches/{batch.id}/failed?dealt=no")) == ["Ben Nevis"]
    assert names(browser.get(f"/batches/{batch.id}/failed?dealt=yes")) == ["Ada Lovelace"]


def test_marking_within_a_search_keeps_the_search(sign_in: SignIn, cast: Cast) -> None:
    batch = a_batch(cast.riverside, cast.bob, ADA, BEN)
    data = {"patient": str(patient_of(batch, "Ada").id), "words": "ada"}
    page = sign_in(cast.bob).post(f"/batches/{batch.id}/failed/dealt-with", data, status=200)
    assert names(page) == ["Ada Lovelace"]


def test_nobody_marks_another_batch_s_patients(sign_in: SignIn, cast: Cast) -> None:
    ours = a_batch(cast.riverside, cast.bob, ADA)
    theirs = a_batch(cast.hilltop, cast.charlie, ADA)
    data = {"patient": [str(patient_of(theirs, "Ada").id), "x", "9" * 40]}
    sign_in(cast.bob).post(f"/batches/{ours.id}/failed/dealt-with", data, status=303)
    assert patient_of(theirs, "Ada").dealt_with_at is None


def test_a_viewer_may_look_and_not_mark(sign_in: SignIn, cast: Cast) -> None:
    batch = a_batch(cast.riverside, cast.bob, ADA)
    browser = sign_in(cast.nina)
    page = browser.get(f"/batches/{batch.id}/failed")
    assert not page.soup.select("input[name=patient]")
    data = {"patient": str(patient_of(batch, "Ada").id)}
    browser.post(f"/batches/{batch.id}/failed/dealt-with", data, status=403)


def test_a_reason_that_we_do_not_know_is_shown_as_not_known(sign_in: SignIn, cast: Cast) -> None:
    from tests.webapp.failed_batch import message_of

    batch = a_batch(cast.riverside, cast.bob, ADA)
    with transaction():
        message_of(patient_of(batch, "Ada")).reason = "of_a_later_version"
    page = sign_in(cast.nina).get(f"/batches/{batch.id}/failed?reason=unknown")
    assert names(page) == ["Ada Lovelace"]
    assert Reason.UNKNOWN.sentence in page.words


@pytest.mark.parametrize("words", ["", "onerror"])
def test_hostile_names_and_reports_are_only_text(sign_in: SignIn, cast: Cast, words: str) -> None:
    patient = Patient(HOSTILE, HOSTILE, email="a@example.org", status=ADA.status, reason=ADA.reason, answer=HOSTILE)
    batch = a_batch(cast.riverside, cast.bob, patient, name=HOSTILE)
    hears(patient_of(batch, HOSTILE), EvidenceKind.FAILED, applied=True, diagnostic=HOSTILE)
    page = sign_in(cast.bob).post(f"/batches/{batch.id}/failed", {"words": words}, status=200)
    assert names(page) == [f"{HOSTILE} {HOSTILE}"]
