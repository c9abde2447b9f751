from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError

from messaging import receipts
from messaging.db import db, transaction, utcnow
from messaging.models import (
    DeliveryReceipt,
    EvidenceKind,
    Message,
    MessageStatus,
    Recipient,
    RecipientStatus,
    Source,
    Suppression,
)
from messaging.reasons import Reason
from messaging.receipts import Evidence, Recorded, record, record_many
from tests.databases import BOTH
from tests.sent_messages import send

K, S = EvidenceKind, MessageStatus


def failure(message: Message, evidence_id: str = "e1", **changes: Any) -> Evidence:
    said: dict[str, Any] = {
        "message_id": message.id,
        "evidence_id": evidence_id,
        "kind": K.FAILED,
        "via": "smtp",
        "status": "5.1.1",
        "smtp_code": 550,
        "reason": Reason.NO_SUCH_MAILBOX.value,
        "permanent": True,
        "diagnostic": "550 5.1.1 no such user",
        "text": "It could not be delivered.",
    }
    return Evidence(**{**said, **changes})


def kept(evidence_id: str = "e1") -> DeliveryReceipt:
    db.session.expire_all()
    return db.session.scalars(select(DeliveryReceipt).where(DeliveryReceipt.evidence_id == evidence_id)).one()


def status_of(message: Message) -> MessageStatus:
    return db.session.scalars(select(Message.status).where(Message.id == message.id)).one()


@BOTH
def test_a_failure_moves_the_message_and_its_patient_with_reason_and_time(cast: Any) -> None:
    (message,) = send(cast.riverside)
    assert record(failure(message)) is Recorded.APPLIED
    db.session.expire_all()
    assert (message.status, message.reason) == (S.FAILED, "no_such_mailbox")
    assert message.failed_at is not None
    assert utcnow() - message.failed_at < timedelta(minutes=1)
    assert db.session.get_one(Recipient, message.recipient_id).status is RecipientStatus.FAILED
    receipt = kept()
    assert receipt.applied
    assert (receipt.message_id, receipt.status, receipt.smtp_code, receipt.via) == (message.id, "5.1.1", 550, "smtp")
    assert receipt.text == "It could not be delivered."


@BOTH
def test_moments_and_what_was_not_told_are_stored_as_everywhere_else(cast: Any) -> None:
    (message,) = send(cast.riverside)
    said = failure(message, received_at=datetime(2026, 11, 3, 9, 0, tzinfo=UTC), smtp_code=None, text=None)
    record(said)
    with transaction():
        twin = DeliveryReceipt(evidence_id="twin", source=Source.REPORT, kind=K.FAILED, received_at=said.received_at)
        db.session.add(twin)
    same = select(DeliveryReceipt.evidence_id).where(DeliveryReceipt.received_at == said.received_at)
    assert set(db.session.scalars(same)) == {"e1", "twin"}
    assert (kept().received_at, kept().smtp_code, kept().text) == (said.received_at, None, None)
    assert (kept().source, kept().permanent, kept().understood) == (Source.REPORT, True, True)


@BOTH
def test_the_same_evidence_counts_once_however_often_it_comes(cast: Any) -> None:
    (message,) = send(cast.riverside)
    assert [record(failure(message)) for _ in range(3)] == [Recorded.APPLIED, Recorded.REPEATED, Recorded.REPEATED]
    assert record_many([failure(message), failure(message, "e2"), failure(message, "e2")]) == [
        Recorded.REPEATED,
        Recorded.KEPT,
        Recorded.REPEATED,
    ]
    assert db.session.query(DeliveryReceipt).count() == 2


@BOTH
def test_many_at_once_each_get_their_own_outcome(cast: Any) -> None:
    one, two, three = send(cast.riverside, 3)
    outcomes = record_many(
        [
            failure(one, "a", reason=Reason.MAILBOX_FULL.value),
            failure(two, "b", kind=K.DELAYED),
            failure(three, "c"),
            failure(three, "d"),
        ]
    )
    assert outcomes == [Recorded.APPLIED, Recorded.KEPT, Recorded.APPLIED, Recorded.KEPT]
    assert [status_of(message) for message in (one, two, three)] == [S.FAILED, S.SENT, S.FAILED]
    db.session.expire_all()
    assert (one.reason, three.reason) == ("mailbox_full", "no_such_mailbox")


@pytest.mark.parametrize("kind", [kind for kind in K if kind is not K.FAILED])
def test_only_a_failure_changes_a_figure(cast: Any, kind: EvidenceKind) -> None:
    (message,) = send(cast.riverside)
    assert record(failure(message, kind=kind)) is Recorded.KEPT
    assert status_of(message) is S.SENT
    assert not kept().applied
    assert db.session.query(Suppression).count() == 0


@pytest.mark.parametrize("status", [S.QUEUED, S.SENDING, S.SENT, S.DELIVERED])
def test_a_report_may_overtake_our_own_sent_and_may_come_after_delivered(cast: Any, status: MessageStatus) -> None:
    (message,) = send(cast.riverside, status=status)
    assert record(failure(message)) is Recorded.APPLIED
    assert status_of(message) is S.FAILED


@pytest.mark.parametrize("status", [S.CANCELLED, S.FAILED, S.READ])
def test_evidence_that_the_table_refuses_is_kept_and_moves_nothing(cast: Any, status: MessageStatus) -> None:
    (message,) = send(cast.riverside, status=status)
    assert record(failure(message)) is Recorded.KEPT
    assert status_of(message) is status
    assert not kept().applied


@BOTH
def test_a_report_counts_for_seven_days_after_sending_and_is_kept_later(cast: Any) -> None:
    (early,) = send(cast.riverside, sent=utcnow() - timedelta(days=7) + timedelta(minutes=1))
    (late,) = send(cast.riverside, sent=utcnow() - timedelta(days=7, minutes=1))
    assert record(failure(early, "early")) is Recorded.APPLIED
    assert record(failure(late, "late")) is Recorded.KEPT
    assert status_of(late) is S.SENT
    assert not kept("late").applied


def test_what_was_not_understood_never_marks_anybody(cast: Any) -> None:
    (message,) = send(cast.riverside)
    assert record(failure(message, understood=False)) is Recorded.KEPT
    assert status_of(message) is S.SENT
    assert db.session.query(Suppression).count() == 0


@BOTH
def test_a_permanent_failure_of_the_address_suppresses_it_for_that_practice(cast: Any) -> None:
    (message,) = send(cast.riverside, domain="Example.ORG")
    record(failure(message))
    (suppression,) = db.session.scalars(select(Suppression))
    assert (suppression.organisation_id, suppression.email) == (cast.riverside.id, "patient1@example.org")
    assert (suppression.reason, suppression.message_id) == ("no_such_mailbox", message.id)


@pytest.mark.parametrize(
    ("reason", "permanent", "suppresses"),
    [
        (Reason.NO_SUCH_DOMAIN, True, True),
        (Reason.NO_SUCH_MAILBOX, False, False),
        (Reason.OUR_MAIL_REFUSED, True, False),
        (Reason.MAILBOX_FULL, True, False),
        (Reason.CONTENT_REFUSED, True, False),
        (Reason.UNKNOWN, True, False),
    ],
)
def test_only_what_is_wrong_with_the_address_for_good_suppresses_it(
    cast: Any, reason: Reason, permanent: bool, suppresses: bool
) -> None:
    (message,) = send(cast.riverside)
    assert record(failure(message, reason=reason.value, permanent=permanent)) is Recorded.APPLIED
    assert status_of(message) is S.FAILED
    assert bool(db.session.query(Suppression).count()) is suppresses


@BOTH
def test_evidence_about_a_message_that_is_gone_is_kept_without_it(cast: Any) -> None:
    (message,) = send(cast.riverside)
    with transaction():
        db.session.execute(delete(Message).where(Message.id == message.id))
    assert record(failure(message)) is Recorded.KEPT
    assert kept().message_id is None


def test_evidence_about_a_test_message_is_ignored_with_a_line_in_the_log(
    cast: Any, caplog: pytest.LogCaptureFixture
) -> None:
    (message,) = send(cast.riverside)
    caplog.set_level("INFO")
    assert record(failure(message, message_id=receipts.TEST_MESSAGE)) is Recorded.IGNORED
    assert db.session.query(DeliveryReceipt).count() == 0
    assert "test message" in caplog.text


@BOTH
def test_hostile_text_is_cut_and_freed_of_what_a_database_refuses(cast: Any) -> None:
    (message,) = send(cast.riverside)
    hostile = "\x00a\ud800\U0001f600" * 100_000
    long = dict.fromkeys(("status", "address", "reporting_mta", "diagnostic", "text", "via"), hostile)
    assert record(failure(message, smtp_code=10**12, **long)) is Recorded.APPLIED
    receipt = kept()
    assert (len(receipt.status), len(receipt.address), len(receipt.reporting_mta)) == (16, 320, 255)
    assert receipt.smtp_code is None
    assert len(receipt.diagnostic) == receipts.LONGEST_DIAGNOSTIC
    assert receipt.text is not None
    assert 60_000 < len(receipt.text.encode()) <= 64 << 10
    assert "\x00" not in receipt.text + receipt.diagnostic


def test_nothing_is_kept_when_any_part_of_the_transaction_fails(cast: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (message,) = send(cast.riverside)

    def away(*_: Any) -> None:
        raise SQLAlchemyError

    monkeypatch.setattr("messaging.suppressions.suppress_many", away)
    with pytest.raises(SQLAlchemyError):
        record(failure(message))
    assert db.session.query(DeliveryReceipt).count() == 0
    assert status_of(message) is S.SENT


@BOTH
def test_two_practices_reports_do_not_touch_each_other(cast: Any) -> None:
    (ours,) = send(cast.riverside)
    (theirs,) = send(cast.hilltop)
    record_many([failure(ours, "a"), failure(theirs, "b", reason=Reason.MAILBOX_CLOSED.value)])
    found = {row.organisation_id: row.reason for row in db.session.scalars(select(Suppression))}
    assert found == {cast.riverside.id: "no_such_mailbox", cast.hilltop.id: "mailbox_closed"}


def test_no_line_in_the_log_holds_an_address(cast: Any, caplog: pytest.LogCaptureFixture) -> None:
    (message,) = send(cast.riverside)
    caplog.set_level("DEBUG")
    record(failure(message, address="forwarded@example.net"))
    record(replace(failure(message), message_id=0))
    assert "@" not in caplog.text
