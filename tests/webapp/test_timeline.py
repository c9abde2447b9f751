"""One patient's timeline: everything sent and everything heard, and nothing shown as a failure that is none."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from messaging import failures
from messaging.db import transaction
from messaging.models import Batch, BatchStatus, EvidenceKind, MessageStatus, Source, User
from messaging.reasons import Reason
from tests.cast import Cast
from tests.databases import BOTH
from tests.webapp.browser import HOSTILE, Browser, Page
from tests.webapp.failed_batch import ADA, BEN, CAT, SENT_AT, a_batch, hears, message_of, patient_of

SignIn = Callable[[User], Browser]


def happened(page: Page) -> list[str]:
    return [heading.get_text(strip=True) for heading in page.soup.select(".postround-timeline h3")]


def failures_of(page: Page) -> list[str]:
    return [heading.get_text(strip=True) for heading in page.soup.select(".postround-timeline__event--failure h3")]


def timeline(browser: Browser, batch: Batch, first_name: str) -> Page:
    return browser.get(f"/batches/{batch.id}/patients/{patient_of(batch, first_name).id}")


@BOTH
def test_it_tells_what_happened_newest_first(sign_in: SignIn, cast: Cast) -> None:
    batch = a_batch(cast.riverside, cast.bob, ADA)
    ada = patient_of(batch, "Ada")
    hears(ada, EvidenceKind.FAILED, applied=True, reason="no_such_mailbox", diagnostic="550 5.1.1 nobody here")
    failures.deal_with(batch, [ada.id], by=cast.bob)
    with transaction():
        patient_of(batch, "Ada").dealt_with_at = SENT_AT + timedelta(days=1)  # whatever day it is today
    page = timeline(sign_in(cast.nina), batch, "Ada")
    assert page.h1 == "Flu invitations Ada Lovelace"
    assert happened(page) == ["Dealt with", "Non-delivery report: Failed to Deliver", "Handed over", "Queued"]
    assert "Marked as dealt with by Bob." in page.words
    assert "There is no mailbox with this name. Ask the patient for their email address." in page.words
    assert "550 5.1.1 nobody here" in page.words
    assert "250 2.0.0 accepted" in page.words
    assert "3 November 2026 at 10:05am" in page.words


def test_a_refusal_while_sending_is_the_failure(sign_in: SignIn, cast: Cast) -> None:
    batch = a_batch(cast.riverside, cast.bob, replace(ADA, answer="550 5.1.1 no"))
    with transaction():
        message_of(patient_of(batch, "Ada")).sent_at = None
    page = timeline(sign_in(cast.nina), batch, "Ada")
    assert happened(page) == ["Failed to Deliver", "Queued"]
    assert "550 5.1.1 no" in page.words


@pytest.mark.parametrize(
    ("kind", "heading"),
    [
        (EvidenceKind.DELAYED, "Delayed"),
        (EvidenceKind.AUTOREPLY, "Automatic reply"),
        (EvidenceKind.CHALLENGE, "Asks who you are"),
        (EvidenceKind.COMPLAINT, "Marked as unwanted"),
        (EvidenceKind.DELIVERED, "Passed on"),
        (EvidenceKind.OTHER, "Mail came back"),
    ],
)
def test_what_is_no_failure_does_not_look_like_one(
    sign_in: SignIn, cast: Cast, kind: EvidenceKind, heading: str
) -> None:
    batch = a_batch(cast.riverside, cast.bob, CAT)
    hears(patient_of(batch, "Cat"), kind, diagnostic="some words")
    page = timeline(sign_in(cast.nina), batch, "Cat")
    assert happened(page) == [heading, "Handed over", "Queued"]
    assert failures_of(page) == []
    assert "Failed to Deliver" not in page.words


def test_a_late_report_is_shown_and_changes_nothing(sign_in: SignIn, cast: Cast) -> None:
    batch = a_batch(cast.riverside, cast.bob, CAT)
    late = SENT_AT + timedelta(days=20)
    hears(patient_of(batch, "Cat"), EvidenceKind.FAILED, reason="mailbox_full", received_at=late)
    page = timeline(sign_in(cast.nina), batch, "Cat")
    assert happened(page)[0] == "Non-delivery report"
    assert failures_of(page) == []
    assert "It changes no figure" in page.words


def test_a_report_that_names_another_address_shows_both(sign_in: SignIn, cast: Cast) -> None:
    batch = a_batch(cast.riverside, cast.bob, ADA)
    hears(patient_of(batch, "Ada"), EvidenceKind.FAILED, applied=True, address="forwarded@example.net")
    words = timeline(sign_in(cast.nina), batch, "Ada").words
    assert "The report names another address: forwarded@example.net" in words
    assert "ada@example.com" in words


def test_an_answer_while_sending_is_not_called_a_report(sign_in: SignIn, cast: Cast) -> None:
    batch = a_batch(cast.riverside, cast.bob, ADA)
    hears(patient_of(batch, "Ada"), EvidenceKind.FAILED, applied=True, source=Source.SMTP, reason="too_big")
    assert happened(timeline(sign_in(cast.nina), batch, "Ada"))[0] == "Failed to Deliver"


def test_put_off_twice_and_not_certain_are_told(sign_in: SignIn, cast: Cast) -> None:
    put_off = replace(CAT, status=MessageStatus.QUEUED, answer="451 4.7.1 later")
    batch = a_batch(cast.riverside, cast.bob, put_off, replace(ADA, status=MessageStatus.SENDING))
    with transaction():
        message = message_of(patient_of(batch, "Cat"))
        message.first_tried_at = SENT_AT
        message.may_be_twice = True
        message_of(patient_of(batch, "Ada")).in_doubt_at = SENT_AT + timedelta(minutes=5)
    page = timeline(sign_in(cast.nina), batch, "Cat")
    assert set(happened(page)) == {"Queued", "Put off", "May have been sent twice"}
    assert "451 4.7.1 later" in page.words
    assert "Not certain" in happened(timeline(sign_in(cast.nina), batch, "Ada"))


def test_what_was_not_certain_is_not_asked_about_once_a_report_says_it(sign_in: SignIn, cast: Cast) -> None:
    batch = a_batch(cast.riverside, cast.bob, ADA)
    with transaction():
        message_of(patient_of(batch, "Ada")).in_doubt_at = SENT_AT + timedelta(minutes=5)
    assert "Not certain" not in happened(timeline(sign_in(cast.nina), batch, "Ada"))


def test_a_stopped_batch_says_so(sign_in: SignIn, cast: Cast) -> None:
    batch = a_batch(cast.riverside, cast.bob, replace(CAT, status=MessageStatus.CANCELLED))
    with transaction():
        batch.stopped_at, batch.stopped_by_id = SENT_AT + timedelta(minutes=9), cast.alice.id
    page = timeline(sign_in(cast.nina), batch, "Cat")
    assert "The batch was stopped by Alice before this patient’s turn." in page.words


def test_it_shows_the_message_as_this_patient_got_it(sign_in: SignIn, cast: Cast) -> None:
    batch = a_batch(cast.riverside, cast.bob, ADA)
    words = timeline(sign_in(cast.nina), batch, "Ada").words
    assert "Dear Ada, please book." in words
    assert "Subject: Your flu vaccination" in words


def test_a_draft_shows_no_message_yet(sign_in: SignIn, cast: Cast) -> None:
    batch = a_batch(cast.riverside, cast.bob, ADA)
    with transaction():
        batch.body = "Dear ((no such field))"
    assert "Dear" not in timeline(sign_in(cast.nina), batch, "Ada").words


@BOTH
def test_other_batches_are_the_same_practice_s_only(sign_in: SignIn, cast: Cast) -> None:
    batch = a_batch(cast.riverside, cast.bob, ADA)
    other = a_batch(cast.riverside, cast.bob, ADA, name="Smear tests")
    a_batch(cast.hilltop, cast.charlie, ADA, name="Hilltop’s own")
    draft = a_batch(cast.riverside, cast.bob, ADA, name="Still a draft")
    with transaction():
        draft.status = BatchStatus.DRAFT
    page = timeline(sign_in(cast.nina), batch, "Ada")
    assert page.link("Smear tests") == f"/batches/{other.id}/patients/{patient_of(other, 'Ada').id}"
    for absent in ("Hilltop’s own", "Still a draft"):
        assert absent not in page.words


def test_a_patient_of_another_batch_does_not_exist(sign_in: SignIn, cast: Cast) -> None:
    ours, other = a_batch(cast.riverside, cast.bob, ADA), a_batch(cast.riverside, cast.bob, BEN)
    sign_in(cast.nina).get(f"/batches/{ours.id}/patients/{patient_of(other, 'Ben').id}", status=404)


def test_hostile_words_are_only_text_wherever_they_come_from(sign_in: SignIn, cast: Cast) -> None:
    batch = a_batch(cast.riverside, cast.bob, replace(ADA, surname=HOSTILE, answer=HOSTILE), name=HOSTILE)
    ada = patient_of(batch, "Ada")
    with transaction():
        batch.body, batch.subject = f"{HOSTILE} ((surname))", HOSTILE
        ada.date_of_birth = HOSTILE
    hears(ada, EvidenceKind.FAILED, applied=True, diagnostic=HOSTILE, address=HOSTILE, reason=HOSTILE)
    page = timeline(sign_in(cast.nina), batch, "Ada")
    assert page.text.count("&lt;img src=x onerror=alert(1)&gt;") >= 7
    assert Reason.UNKNOWN.sentence in page.words


def test_a_manager_is_led_to_a_report_that_nobody_understood(sign_in: SignIn, cast: Cast) -> None:
    batch = a_batch(cast.riverside, cast.bob, CAT)
    receipt = hears(patient_of(batch, "Cat"), EvidenceKind.OTHER, understood=False, text="???")
    page = timeline(sign_in(cast.alice), batch, "Cat")
    assert page.link("Read this report") == f"/reports-not-understood/{receipt.id}"
    assert "Read this report" not in timeline(sign_in(cast.bob), batch, "Cat").words
