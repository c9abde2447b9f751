"""Sending a batch over real sockets: what leaves, what is recorded, and what the smart host's answers do."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from messaging import delivery, suppressions
from messaging.db import db, transaction, utcnow
from messaging.models import (
    BatchStatus,
    DeliveryReceipt,
    EvidenceKind,
    Message,
    MessageStatus,
    Organisation,
    Recipient,
    RecipientStatus,
)
from messaging.reasons import Reason
from messaging.return_path import return_paths
from messaging.sender import sender
from tests.cast import make_cast
from tests.databases import BOTH
from tests.mail_host import MailHost
from tests.sending_kit import counts, fresh, host, make_batch, make_due, messages, redis_server, sending, started

__all__ = ["host", "redis_server", "sending"]
M = MessageStatus


@pytest.fixture
def riverside(sending: Flask) -> Organisation:
    return make_cast().riverside


@BOTH
def test_every_patient_gets_one_message_alone_in_its_envelope(riverside: Organisation, host: MailHost) -> None:
    batch = started(riverside, 57)
    delivery.send(batch.id)
    assert fresh(batch).status is BatchStatus.DONE
    assert host.recipients == sorted(f"ann{n}@patients.example" for n in range(1, 58))
    assert all(len(taken.rcpts) == 1 for taken in host.taken)
    assert counts(batch) == {"sent": 57}
    assert set(db.session.scalars(select(Recipient.status))) == {RecipientStatus.SENT}
    assert {m.answer for m in messages(batch)} == {"250 2.0.0 Ok: queued as 4F"}
    assert all(
        m.claimed_by is None and m.lease_until is None and m.sent_at and m.attempts == 1 for m in messages(batch)
    )


def test_the_envelope_asks_for_reports_to_the_message_s_own_return_path(
    riverside: Organisation, host: MailHost
) -> None:
    batch = started(riverside, 1)
    delivery.send(batch.id)
    (taken,), (message,) = host.taken, messages(batch)
    path = taken.mail.partition("<")[2].partition(">")[0]
    assert return_paths().read(path).message_id == message.id
    assert taken.mail.endswith(f" RET=HDRS ENVID={path.partition('@')[0]}")
    assert taken.rcpts == ["TO:<ann1@patients.example> NOTIFY=FAILURE,DELAY ORCPT=rfc822;ann1@patients.example"]


def test_it_asks_no_smart_host_for_what_it_does_not_offer(riverside: Organisation, host: MailHost) -> None:
    host.features = ()
    delivery.send(started(riverside, 5).id)
    assert len(host.taken) == 5
    assert all(taken.rcpts[0].endswith(".example>") and taken.mail.endswith(">") for taken in host.taken)


@BOTH
def test_who_is_left_out_gets_nothing(riverside: Organisation, host: MailHost) -> None:
    batch = make_batch(riverside, 3)
    with transaction():
        db.session.scalars(select(Recipient)).first().left_out = True  # type: ignore[union-attr]
    delivery.start(batch.id)
    delivery.send(batch.id)
    assert host.recipients == ["ann2@patients.example", "ann3@patients.example"]
    assert fresh(batch).status is BatchStatus.DONE


@BOTH
def test_starting_twice_makes_each_message_once(riverside: Organisation, host: MailHost) -> None:
    batch = started(riverside, 5)
    with transaction():
        batch.messages_made_at = None  # as if the first start had died after its sets
        db.session.execute(Message.__table__.delete().where(Message.id == messages(batch)[2].id))
    delivery.start(batch.id)
    delivery.start(batch.id)
    assert len(messages(batch)) == 5
    assert len({m.recipient_id for m in messages(batch)}) == 5


def test_a_batch_whose_time_has_not_come_does_not_start(riverside: Organisation) -> None:
    batch = make_batch(riverside, 2)
    with transaction():
        batch.scheduled_for = utcnow() + timedelta(hours=1)
    delivery.start(batch.id)
    assert (fresh(batch).status, messages(batch)) == (BatchStatus.SCHEDULED, [])


@BOTH
def test_an_address_that_is_refused_fails_its_patient_with_the_server_s_words(
    riverside: Organisation, host: MailHost
) -> None:
    host.answers["RCPT"] = lambda to: "550 5.1.1 no such user here" if "ann2@" in to else ""
    batch = started(riverside, 3)
    delivery.send(batch.id)
    assert fresh(batch).status is BatchStatus.DONE
    assert counts(batch) == {"sent": 2, "failed": 1}
    failed = messages(batch)[1]
    assert (failed.reason, failed.answer) == (Reason.NO_SUCH_MAILBOX, "550 5.1.1 no such user here")
    (receipt,) = db.session.scalars(select(DeliveryReceipt))
    assert (receipt.kind, receipt.applied, receipt.status, receipt.smtp_code) == (
        EvidenceKind.FAILED,
        True,
        "5.1.1",
        550,
    )
    assert set(suppressions.among(riverside.id, ["ann2@patients.example", "ann1@patients.example"])) == {
        "ann2@patients.example"
    }


@pytest.mark.parametrize("features", [(), ("PIPELINING",)])
@pytest.mark.parametrize("data", ["", "354 go on", "503 5.5.1 nobody"])
def test_a_refused_recipient_leaves_the_connection_in_step(
    riverside: Organisation, host: MailHost, features: tuple[str, ...], data: str
) -> None:
    """RFC 2920 section 3.1: DATA may be answered 354 although nobody was accepted."""
    host.features = features
    host.answers["RCPT"] = lambda to: "550 5.1.1 no" if "bad" in to else ""
    if data:
        sender().connections = 1  # what DATA is answered depends on the RCPT before it
        refused = [False]
        host.answers["RCPT"] = lambda to: refused.__setitem__(0, "bad" in to) or ("550 5.1.1 no" if "bad" in to else "")
        host.answers["DATA"] = lambda _: data if refused[0] else ""
    addresses = [f"{name}{n}@patients.example" for n in range(4) for name in ("good", "bad")]
    batch = started(riverside, addresses=addresses)
    delivery.send(batch.id)
    assert counts(batch) == {"sent": 4, "failed": 4}
    assert host.recipients == [f"good{n}@patients.example" for n in range(4)]
    assert all(taken.content for taken in host.taken)


@BOTH
def test_whoever_is_put_off_is_tried_again_later(riverside: Organisation, host: MailHost) -> None:
    host.once("RCPT", "451 4.7.1 greylisted, try again")
    batch = started(riverside, 2)
    delivery.send(batch.id)
    waiting = next(m for m in messages(batch) if m.status is M.QUEUED)
    assert counts(batch) == {"sent": 1, "queued": 1}
    assert timedelta(seconds=55) < waiting.send_after - utcnow() < timedelta(seconds=80)
    assert (waiting.attempts, waiting.started_at, waiting.reason) == (1, None, "")
    assert [r.kind for r in db.session.scalars(select(DeliveryReceipt))] == [EvidenceKind.DELAYED]
    delivery.send(batch.id)
    assert counts(batch) == {"sent": 1, "queued": 1}, "not before its time"
    make_due(batch)
    delivery.send(batch.id)
    assert fresh(batch).status is BatchStatus.DONE


def test_after_two_days_their_mail_system_has_not_accepted_it(riverside: Organisation, host: MailHost) -> None:
    host.always("RCPT", "451 4.3.0 mailbox busy")
    batch = started(riverside, 1)
    delivery.send(batch.id)
    with transaction():
        messages(batch)[0].first_tried_at = utcnow() - timedelta(hours=49)
    make_due(batch)
    delivery.send(batch.id)
    (message,) = messages(batch)
    assert (message.status, message.reason) == (M.FAILED, Reason.NOT_REACHED_IN_TIME)
    assert suppressions.among(riverside.id, ["ann1@patients.example"]) == {}


def test_an_address_that_no_server_can_be_told_fails_alone(riverside: Organisation, host: MailHost) -> None:
    batch = started(riverside, addresses=["ann1@patients.example", "a>b@patients.example"])
    delivery.send(batch.id)
    assert counts(batch) == {"sent": 1, "failed": 1}
    assert fresh(batch).status is BatchStatus.DONE


def test_words_that_cannot_be_filled_hold_the_batch_and_lose_nobody(riverside: Organisation, host: MailHost) -> None:
    batch = started(riverside, 3, body="Dear ((no such column))")
    delivery.send(batch.id)
    assert fresh(batch).is_held
    assert "((no such column))" in batch.held_because
    assert (counts(batch), host.taken) == ({"queued": 3}, [])
