"""Claims, leases, stops and recovery, in the database alone and on both kinds of it."""

import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from messaging import batches, claims, delivery, doubts, recovery
from messaging.answers import Judgement, Verdict
from messaging.claims import Claimed
from messaging.db import db, transaction, utcnow
from messaging.gateways.base import Answer, Stage
from messaging.models import (
    Batch,
    BatchStatus,
    Heartbeat,
    Message,
    Organisation,
    Recipient,
    RecipientStatus,
    WhenInDoubt,
)
from messaging.results import Result
from messaging.turns import turn
from tests.cast import make_cast
from tests.databases import BOTH
from tests.mail_host import MailHost
from tests.sending_kit import counts, fresh, host, make_batch, messages, redis_server, sending, started

__all__ = ["host", "redis_server", "sending"]


@pytest.fixture
def riverside(sending: Flask) -> Organisation:
    return make_cast().riverside


def start(batch: Batch, worker: str, *ids: int) -> set[int]:
    with transaction():
        return claims.start(batch.id, worker, ids)


def let_leases_run_out(batch: Batch) -> None:
    with transaction():
        db.session.execute(
            Message.__table__.update()
            .where(Message.batch_id == batch.id, Message.lease_until.is_not(None))
            .values(lease_until=utcnow() - timedelta(seconds=1))
        )


@BOTH
def test_two_workers_never_hold_the_same_message(riverside: Organisation, sending: Flask) -> None:
    batch = started(riverside, 300)
    held: dict[str, list[Claimed]] = {"one": [], "two": [], "three": []}

    def take(worker: str) -> None:
        with sending.app_context():
            mine = db.session.get_one(Batch, batch.id)
            while found := claims.claim(mine, worker, 7):
                held[worker] += found

    threads = [threading.Thread(target=take, args=[worker]) for worker in held]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = [message.id for found in held.values() for message in found]
    assert len(ids) == len(set(ids)) == 300


@BOTH
def test_only_its_holder_starts_a_message_and_only_while_the_batch_is_sent(riverside: Organisation) -> None:
    batch = started(riverside, 3)
    first, second, third = (message.id for message in claims.claim(batch, "me", 3))
    assert start(batch, "somebody else", first) == set()
    assert start(batch, "me", first, second) == {first, second}
    batches.stop(batch, "alice")
    assert start(batch, "me", third) == set()
    claims.give_back(batch.id, "me")
    assert counts(batch) == {"sending": 2, "cancelled": 1}


@BOTH
def test_what_is_given_back_is_what_never_started(riverside: Organisation) -> None:
    batch = started(riverside, 3)
    first, *_ = claims.claim(batch, "me", 3)
    start(batch, "me", first.id)
    assert claims.give_back(batch.id, "me") == 2
    assert counts(batch) == {"sending": 1, "queued": 2}
    assert [message.claimed_by for message in messages(batch)] == ["me", None, None]


@BOTH
def test_a_lease_that_is_extended_does_not_run_out(riverside: Organisation) -> None:
    batch = started(riverside, 2)
    claims.claim(batch, "me", 2)
    let_leases_run_out(batch)
    claims.extend(batch.id, "me")
    assert not any(recovery.take_up().values())
    assert counts(batch) == {"sending": 2}


@BOTH
def test_after_a_crash_only_what_was_in_flight_may_go_twice(riverside: Organisation, host: MailHost) -> None:
    batch = started(riverside, 6)
    taken = claims.claim(batch, "dead", 6)
    start(batch, "dead", taken[0].id, taken[1].id)
    assert not any(recovery.take_up().values()), "its lease still holds"
    let_leases_run_out(batch)
    assert recovery.take_up() == {"given back": 4, "sent again": 2, "in doubt": 0}
    assert [message.may_be_twice for message in messages(batch)] == [True, True, False, False, False, False]
    delivery.send(batch.id)
    assert fresh(batch).status is BatchStatus.DONE
    assert len(host.taken) == 6


@BOTH
def test_a_practice_that_wants_to_be_asked_decides_once(riverside: Organisation, host: MailHost) -> None:
    with transaction():
        riverside.when_in_doubt = WhenInDoubt.ASK
    batch = started(riverside, 3)
    taken = claims.claim(batch, "dead", 3)
    start(batch, "dead", *(message.id for message in taken))
    let_leases_run_out(batch)
    assert recovery.take_up()["in doubt"] == 3
    assert not any(recovery.take_up().values())
    delivery.send(batch.id)
    assert (host.taken, fresh(batch).status) == ([], BatchStatus.SENDING)
    assert [message.recipient.row_number for message in doubts.of(batch)] == [2, 3, 4]
    assert doubts.send_again(batch, "alice") == 3
    assert doubts.send_again(batch, "alice") == 0
    assert doubts.leave(batch, "alice") == 0
    delivery.send(batch.id)
    assert fresh(batch).status is BatchStatus.DONE
    assert all(message.may_be_twice for message in messages(batch))


@BOTH
def test_what_is_left_in_doubt_counts_as_handed_over_and_says_that_it_is_not_certain(riverside: Organisation) -> None:
    with transaction():
        riverside.when_in_doubt = WhenInDoubt.ASK
    batch = started(riverside, 2)
    start(batch, "dead", *(message.id for message in claims.claim(batch, "dead", 2)))
    let_leases_run_out(batch)
    delivery.sweep()
    assert doubts.leave(batch, "alice") == 2
    assert doubts.leave(batch, "alice") == 0
    delivery.sweep()
    assert fresh(batch).status is BatchStatus.DONE
    assert {message.answer for message in messages(batch)} == {doubts.LEFT}
    assert set(db.session.scalars(select(Recipient.status))) == {RecipientStatus.SENT}


@BOTH
def test_what_may_have_gone_of_a_stopped_batch_is_not_sent_again(riverside: Organisation) -> None:
    batch = started(riverside, 3)
    taken = claims.claim(batch, "dead", 3)
    start(batch, "dead", taken[0].id)
    batches.stop(batch, "alice")
    let_leases_run_out(batch)
    delivery.sweep()
    assert counts(batch) == {"sending": 1, "cancelled": 2}
    assert doubts.send_again(batch, "alice") == 0
    assert doubts.leave(batch, "alice") == 1


@BOTH
def test_an_answer_that_comes_after_the_lease_was_lost_changes_nothing(riverside: Organisation, host: MailHost) -> None:
    batch = started(riverside, 1)
    (message,) = claims.claim(batch, "slow", 1)
    start(batch, "slow", message.id)
    let_leases_run_out(batch)
    recovery.take_up()
    assert start(batch, "slow", message.id) == set()
    delivery.send(batch.id)
    assert counts(batch) == {"sent": 1}


@BOTH
def test_a_claim_takes_no_more_than_it_asks_for(riverside: Organisation) -> None:
    batch = started(riverside, 50)
    assert [len(claims.claim(batch, "worker", limit)) for limit in (1, 7, 100)] == [1, 7, 42]


@BOTH
def test_what_may_have_gone_and_waits_to_go_again_is_not_told_as_not_sent(riverside: Organisation) -> None:
    batch = started(riverside, 3)
    (message,) = claims.claim(batch, "killed", 1)
    start(batch, "killed", message.id)
    let_leases_run_out(batch)
    recovery.take_up()
    assert counts(batch) == {"queued": 3}
    batches.stop(fresh(batch), "alice")
    assert counts(batch) == {"sending": 1, "cancelled": 2}
    assert [one.id for one in doubts.of(batch)] == [message.id]
    assert doubts.leave(batch, "alice") == 1


@BOTH
def test_right_after_an_outage_of_the_database_a_living_worker_tells_what_it_knows(riverside: Organisation) -> None:
    batch = started(riverside, 1)
    (message,) = claims.claim(batch, "alive", 1)
    start(batch, "alive", message.id)
    let_leases_run_out(batch)
    delivery.sweep(leases_count=False)
    accepted = Result(message, Judgement(Verdict.SENT), Answer(Stage.CONTENT, 250, "2.0.0 Ok"))
    turn(batch.id, "alive", [accepted], [], [], WhenInDoubt.SEND)
    delivery.sweep()
    assert counts(batch) == {"sent": 1}


@BOTH
def test_stop_leaves_nothing_later_than_what_is_in_flight(
    riverside: Organisation, host: MailHost, sending: Flask
) -> None:
    batch = started(riverside, 200)
    stopped_at = []

    def stop_in_the_middle(_to: str) -> str:
        if len(host.taken) >= 50 and not stopped_at:
            with sending.app_context():
                batches.stop(db.session.get_one(Batch, batch.id), "alice")
            stopped_at.append(len(host.taken))
        return ""

    host.answers["CONTENT"] = stop_in_the_middle
    delivery.send(batch.id)
    assert fresh(batch).status is BatchStatus.STOPPED
    assert stopped_at[0] <= len(host.taken) <= stopped_at[0] + 2 * 4, "four connections, each with what it had"
    assert counts(batch) == {"sent": len(host.taken), "cancelled": 200 - len(host.taken)}


@BOTH
def test_stop_while_messages_are_made_makes_no_more(
    riverside: Organisation, monkeypatch: pytest.MonkeyPatch, sending: Flask
) -> None:
    monkeypatch.setattr("messaging.making.MADE_AT_ONCE", 2)
    batch = make_batch(riverside, 7)
    monkeypatch.setattr("messaging.queue.enqueue", lambda *_, **__: batches.stop(fresh(batch), "alice"))
    delivery.start(batch.id)
    assert fresh(batch).status is BatchStatus.STOPPED
    assert counts(batch) == {"cancelled": 2}
    assert batch.messages_made_at is None


@BOTH
def test_the_sweep_finds_what_redis_forgot(riverside: Organisation, sending: Flask) -> None:
    scheduled, half_made, sending_batch = (make_batch(riverside, 2) for _ in range(3))
    delivery.start(sending_batch.id)
    delivery.start(half_made.id)
    with transaction():
        fresh(half_made).messages_made_at = None
    sending.extensions["postround_redis"].flushall()
    delivery.sweep()
    delivery.sweep()
    asked = sorted((str(job.func_name), job.args[0]) for job in delivery.queue.jobs().jobs)
    assert asked == sorted(
        [
            ("worker.jobs.start_batch", scheduled.id),
            ("worker.jobs.start_batch", half_made.id),
            ("worker.jobs.send_batch", half_made.id),
            ("worker.jobs.send_batch", sending_batch.id),
        ]
    )
    assert set(db.session.scalars(select(Heartbeat.name))) == {"sweep"}


@BOTH
def test_a_hundred_thousand_patients_are_made_in_sets(riverside: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("messaging.making.MADE_AT_ONCE", 100)
    batch = started(riverside, 1_050)
    assert counts(batch) == {"queued": 1_050}
    assert {message.domain for message in messages(batch)} == {"patients.example"}
    assert batch.messages_made_at is not None
