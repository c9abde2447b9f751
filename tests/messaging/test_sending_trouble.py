"""Sending while the smart host is in trouble, or has trouble with us: nobody is marked, lost, or sent to thrice."""

from datetime import timedelta

import pytest
from flask import Flask

from messaging import delivery, holds, suppressions
from messaging.db import transaction, utcnow
from messaging.models import (
    BatchStatus,
    MessageStatus,
    Organisation,
    WhenInDoubt,
)
from messaging.reasons import Reason
from tests.cast import make_cast
from tests.databases import BOTH
from tests.mail_host import CLOSE, SILENCE, MailHost
from tests.sending_kit import counts, fresh, host, make_due, messages, redis_server, sending, started

__all__ = ["host", "redis_server", "sending"]
M = MessageStatus


@pytest.fixture
def riverside(sending: Flask) -> Organisation:
    return make_cast().riverside


@BOTH
@pytest.mark.parametrize(
    ("verb", "reply"),
    [
        ("MAIL", "550 5.7.1 sender not allowed"),
        ("MAIL", "451 4.7.1 sending quota exceeded"),
        ("RCPT", "554 5.7.1 relay access denied"),
        ("CONTENT", "550 5.7.26 this mail is unauthenticated"),
        ("CONTENT", "454 4.7.0 Throttling failure: maximum sending rate exceeded"),
    ],
)
def test_a_refusal_of_us_holds_the_batch_and_marks_nobody(
    riverside: Organisation, host: MailHost, verb: str, reply: str
) -> None:
    host.always(verb, reply)
    batch = started(riverside, 60)
    delivery.send(batch.id)
    assert fresh(batch).is_held
    assert batch.held_because == reply
    assert counts(batch) == {"queued": 60}
    assert sum(command.startswith("MAIL") for command in host.commands) <= 10, "it burns through the list"
    assert suppressions.among(riverside.id, [f"ann{n}@patients.example" for n in range(60)]) == {}
    host.answers.clear()
    delivery.send(batch.id)
    assert not host.taken, "a held batch leaves nothing"
    assert holds.release(batch, "alice")
    assert not holds.release(batch, "alice")
    delivery.send(batch.id)
    make_due(batch)
    delivery.send(batch.id)
    assert fresh(batch).status is BatchStatus.DONE
    assert len(host.recipients) == len(set(host.recipients)) == 60


def test_a_lone_refusal_of_us_is_tried_again_and_then_told(riverside: Organisation, host: MailHost) -> None:
    host.answers["CONTENT"] = lambda to: "550 5.7.26 unauthenticated" if to == "ann2@patients.example" else ""
    batch = started(riverside, 5)
    delivery.send(batch.id)
    assert counts(batch) == {"sent": 4, "queued": 1}
    assert not fresh(batch).is_held
    make_due(batch)
    delivery.send(batch.id)
    assert counts(batch) == {"sent": 4, "failed": 1}
    assert messages(batch)[1].reason == Reason.OUR_MAIL_REFUSED
    assert suppressions.among(riverside.id, ["ann2@patients.example"]) == {}


def test_when_our_words_are_refused_for_all_the_batch_is_held(riverside: Organisation, host: MailHost) -> None:
    host.always("CONTENT", "554 5.6.0 message content rejected")
    batch = started(riverside, 40)
    delivery.send(batch.id)
    assert fresh(batch).is_held
    assert counts(batch)["queued"] >= 30


@pytest.mark.parametrize("reply", ["550 5.7.1 Message rejected due to policy", "550 Administrative prohibition"])
def test_a_refusal_that_would_fit_any_patient_does_not_burn_through_the_list(
    riverside: Organisation, host: MailHost, reply: str
) -> None:
    host.always("RCPT", reply)
    batch = started(riverside, 60)
    delivery.send(batch.id)
    assert fresh(batch).is_held
    assert batch.held_because == reply
    assert counts(batch) == {"failed": 4, "queued": 56}


def test_patients_whose_addresses_are_all_wrong_hold_nothing(riverside: Organisation, host: MailHost) -> None:
    host.always("RCPT", "550 5.1.1 no such user")
    batch = started(riverside, 20)
    delivery.send(batch.id)
    assert fresh(batch).status is BatchStatus.DONE
    assert counts(batch) == {"failed": 20}


def test_greylisting_for_everybody_holds_nothing(riverside: Organisation, host: MailHost) -> None:
    host.always("RCPT", "451 4.7.1 Greylisted, please try again")
    batch = started(riverside, 20)
    delivery.send(batch.id)
    assert not fresh(batch).is_held
    assert counts(batch) == {"queued": 20}
    host.answers.clear()
    make_due(batch)
    delivery.send(batch.id)
    assert counts(batch) == {"sent": 20}


def test_what_is_put_off_because_of_us_has_its_two_days_too(riverside: Organisation, host: MailHost) -> None:
    host.answers["RCPT"] = lambda to: "451 4.7.0 rate limited, reputation of your IP" if "ann2@" in to else ""
    batch = started(riverside, 3)
    delivery.send(batch.id)
    with transaction():
        messages(batch)[1].first_tried_at = utcnow() - timedelta(hours=49)
    make_due(batch)
    delivery.send(batch.id)
    assert counts(batch) == {"sent": 2, "failed": 1}
    assert messages(batch)[1].reason == Reason.NOT_REACHED_IN_TIME


@BOTH
def test_the_time_that_a_batch_was_held_is_not_taken_from_its_patients(riverside: Organisation, host: MailHost) -> None:
    host.always("RCPT", "450 4.2.1 try again")
    batch = started(riverside, 2)
    delivery.send(batch.id)
    holds.hold(batch.id, "550 5.7.1 not you")
    with transaction():
        for message in messages(batch):
            message.first_tried_at = utcnow() - timedelta(days=3)
    holds.release(batch, "alice")
    make_due(batch)
    delivery.send(batch.id)
    assert counts(batch) == {"queued": 2}


def test_a_smart_host_that_refuses_our_password_is_asked_three_times(
    sending: Flask, riverside: Organisation, host: MailHost
) -> None:
    host.features = ("AUTH PLAIN",)
    host.always("AUTH", "535 5.7.8 authentication failed")
    batch = started(riverside, 3)
    object.__setattr__(
        sending.extensions["postround_settings"], "smart_host", host.as_smart_host(username="u", password="p")
    )
    delivery.send(batch.id)
    assert fresh(batch).is_held
    assert "535 5.7.8 authentication failed" in batch.held_because
    assert sum(command.startswith("AUTH") for command in host.commands) == 3
    assert counts(batch) == {"queued": 3}


@BOTH
def test_a_smart_host_that_is_away_is_waited_for(riverside: Organisation, host: MailHost) -> None:
    batch = started(riverside, 3)
    host.close()
    delivery.send(batch.id)
    assert counts(batch) == {"queued": 3}
    assert fresh(batch).waiting_since is not None
    assert "connection refused" in batch.waiting_because
    assert (batch.status, batch.is_held) == (BatchStatus.SENDING, False)
    assert {m.attempts for m in messages(batch)} == {0}


def test_the_note_that_it_waits_goes_when_mail_leaves_again(riverside: Organisation, host: MailHost) -> None:
    batch = started(riverside, 3)
    holds.note_waiting(batch.id, "nobody answers there")
    assert fresh(batch).waiting_because == "nobody answers there"
    delivery.send(batch.id)
    assert (fresh(batch).waiting_since, batch.waiting_because) == (None, "")


def test_a_server_busy_for_everybody_does_not_use_up_the_patients(riverside: Organisation, host: MailHost) -> None:
    host.always("MAIL", "451 4.3.0 queue file write error")
    batch = started(riverside, 30)
    delivery.send(batch.id)
    assert counts(batch) == {"queued": 30}
    assert max(m.attempts for m in messages(batch)) <= 1
    assert fresh(batch).waiting_because.startswith("451 4.3.0")
    assert sum(command.startswith("MAIL") for command in host.commands) <= 12


@BOTH
def test_a_server_that_hangs_up_every_ten_messages_gets_them_all_once(riverside: Organisation, host: MailHost) -> None:
    given = [0]

    def goodbye(_argument: str) -> str:
        given[0] += 1
        return "421 4.7.0 ten is enough for one connection" if given[0] % 10 == 0 else ""

    host.answers["MAIL"] = goodbye
    batch = started(riverside, 100)
    delivery.send(batch.id)
    make_due(batch)
    delivery.send(batch.id)
    assert fresh(batch).status is BatchStatus.DONE
    assert len(host.recipients) == len(set(host.recipients)) == 100


@BOTH
def test_a_connection_lost_before_the_dot_sends_once(riverside: Organisation, host: MailHost) -> None:
    host.once("DATA", CLOSE)
    batch = started(riverside, 10)
    delivery.send(batch.id)
    assert fresh(batch).status is BatchStatus.DONE
    assert len(host.recipients) == len(set(host.recipients)) == 10
    assert not any(m.may_be_twice for m in messages(batch))


@BOTH
@pytest.mark.parametrize("how", [CLOSE, SILENCE])
def test_an_answer_lost_after_the_dot_may_send_twice_and_says_so(
    riverside: Organisation, host: MailHost, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("messaging.gateways.smtp_connection.PATIENCE_AFTER_DOT", 1)
    host.once("CONTENT", how)
    batch = started(riverside, 5)
    delivery.send(batch.id)
    make_due(batch)
    delivery.send(batch.id)
    assert fresh(batch).status is BatchStatus.DONE
    assert [m.may_be_twice for m in messages(batch)].count(True) == 1


def test_an_answer_lost_twice_is_never_sent_a_third_time_by_itself(riverside: Organisation, host: MailHost) -> None:
    host.answers["CONTENT"] = lambda to: CLOSE if to == "ann3@patients.example" else ""
    batch = started(riverside, 4)
    for _ in range(4):
        delivery.send(batch.id)
        make_due(batch)
    assert messages(batch)[2].in_doubt_at is not None
    assert sum("<ann3@" in command for command in host.commands if command.startswith("RCPT")) == 2
    assert fresh(batch).status is BatchStatus.SENDING, "it waits for a person"


def test_a_practice_that_wants_to_be_asked_is_asked(riverside: Organisation, host: MailHost) -> None:
    with transaction():
        riverside.when_in_doubt = WhenInDoubt.ASK
    host.once("CONTENT", CLOSE)
    batch = started(riverside, 4)
    delivery.send(batch.id)
    make_due(batch)
    delivery.send(batch.id)
    assert counts(batch) == {"sent": 3, "sending": 1}
    assert [m.in_doubt_at is not None for m in messages(batch)].count(True) == 1


def test_a_smart_host_that_never_answers_after_the_dot_holds_the_batch(riverside: Organisation, host: MailHost) -> None:
    host.always("CONTENT", CLOSE)
    batch = started(riverside, 50)
    for _ in range(5):
        delivery.send(batch.id)
    assert fresh(batch).is_held
    assert "closed the connection" in batch.held_because
    assert counts(batch)["queued"] >= 45
