"""The envelope of the next message goes with the content of the one before it: what that may never do."""

import threading
import time
from collections import Counter

import pytest
from flask import Flask
from sqlalchemy import select, update

from messaging import delivery
from messaging.db import db, utcnow
from messaging.models import Batch, BatchStatus, Message, Organisation
from messaging.return_path import return_paths
from messaging.sender import sender
from tests.cast import make_cast
from tests.databases import BOTH
from tests.mail_host import CLOSE, SILENCE, MailHost
from tests.sending_kit import counts, host, messages, redis_server, sending, started

__all__ = ["host", "redis_server", "sending"]


@pytest.fixture
def riverside(sending: Flask) -> Organisation:
    return make_cast().riverside


@pytest.fixture
def alone(sending: Flask) -> None:
    """One connection, so that what comes after what is known."""
    sender().connections = 1


def test_it_goes_ahead_where_pipelining_is_offered_and_only_there(riverside: Organisation, host: MailHost) -> None:
    delivery.send(started(riverside, 40).id)
    assert host.came_ahead > 20
    sender().gateway.close()
    host.features, host.came_ahead = (), 0
    delivery.send(started(riverside, 10).id)
    assert (len(host.taken), host.came_ahead) == (50, 0)


@BOTH
def test_no_content_leaves_before_its_start_is_committed(riverside: Organisation, host: MailHost) -> None:
    engine, table = db.engine, Message.__table__
    unmarked: list[str] = []

    def look(to: str) -> str:
        with engine.connect() as connection:
            if connection.scalar(select(table.c.started_at).where(table.c.to_address == to)) is None:
                unmarked.append(to)
        return ""

    host.answers["CONTENT"] = look
    batch = started(riverside, 40)
    delivery.send(batch.id)
    assert (counts(batch), unmarked) == ({"sent": 40}, [])
    assert host.came_ahead > 0


@BOTH
@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize(
    ("change", "left"),
    [({"status": BatchStatus.STOPPED}, "cancelled"), ({"held_at": utcnow(), "held_because": "550 no"}, "queued")],
)
def test_an_envelope_that_went_ahead_is_no_reason_to_send_after_a_stop_or_a_hold(
    riverside: Organisation, host: MailHost, change: dict[str, object], left: str
) -> None:
    engine = db.engine
    batch = started(riverside, 20)

    def stop_at_the_fifth(_to: str) -> str:
        if len(host.taken) == 4:
            with engine.begin() as connection:
                connection.execute(update(Batch).where(Batch.id == batch.id).values(**change))
        return ""

    host.answers["CONTENT"] = stop_at_the_fifth
    delivery.send(batch.id)
    assert len(host.taken) == 5
    assert counts(batch) == {"sent": 5, left: 15}
    assert not any(message.claimed_by or (message.started_at and message.answer == "") for message in messages(batch))


def test_what_stands_behind_a_message_that_hangs_goes_another_way(
    riverside: Organisation, host: MailHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("messaging.sending.HANGING_SECONDS", 0.2)
    sender().connections = 2
    hung, others, first = threading.Event(), threading.Event(), iter([True])

    def hang(_to: str) -> str:
        if len(host.taken) >= 10 and next(first, False):
            hung.set()
            assert others.wait(4), "the others wait for one that hangs"
        if len(host.taken) >= 28:
            others.set()
        return ""

    host.answers["CONTENT"] = hang
    batch = started(riverside, 30)
    delivery.send(batch.id)
    assert (counts(batch), len(host.taken)) == ({"sent": 30}, 30)
    assert hung.is_set()


@BOTH
def test_a_server_that_hangs_up_after_every_message_puts_nobody_off(riverside: Organisation, host: MailHost) -> None:
    carried: dict[threading.Thread, int] = {}

    def once_each(_argument: str) -> str:
        me = threading.current_thread()  # a thread for each connection
        carried[me] = carried.get(me, 0) + 1
        return CLOSE if carried[me] == 2 else ""

    host.answers["MAIL"] = once_each
    batch = started(riverside, 30)
    delivery.send(batch.id)
    assert counts(batch) == {"sent": 30}
    assert len(host.recipients) == len(set(host.recipients)) == 30
    assert {message.attempts for message in messages(batch)} == {1}


@pytest.mark.usefixtures("alone")
def test_no_envelope_goes_ahead_any_more_once_one_was_met_with_silence(riverside: Organisation, host: MailHost) -> None:
    batch = started(riverside, 30)
    was_silent = threading.Event()

    def fall_silent_once(_argument: str) -> str:
        if host.came_ahead == 5 and not was_silent.is_set():
            was_silent.set()
            return SILENCE
        return ""

    host.answers["MAIL"] = fall_silent_once
    delivery.send(batch.id)
    assert (counts(batch), len(host.taken)) == ({"sent": 30}, 30)
    assert host.came_ahead == 5


@pytest.mark.usefixtures("alone")
def test_a_connection_carries_no_more_messages_than_the_setting_says(riverside: Organisation, host: MailHost) -> None:
    sender().gateway._messages_per_connection = 7
    delivery.send(started(riverside, 20).id)
    assert (len(host.taken), host.connections) == (20, 3)


@pytest.mark.usefixtures("alone")
def test_the_rate_holds_for_what_goes_ahead_too(riverside: Organisation, host: MailHost) -> None:
    sender().pace._per_second = 10
    began = time.monotonic()
    delivery.send(started(riverside, 25).id)
    assert len(host.taken) == 25
    assert time.monotonic() - began > 2, "ten a second, of which a fifth of a second's may go at once"


def test_a_message_that_only_stood_behind_others_is_not_put_off(riverside: Organisation, host: MailHost) -> None:
    batch = started(riverside, 60)
    unlucky = return_paths().address_for(messages(batch)[20].id, messages(batch)[20].created_at.date())
    carried: Counter[threading.Thread] = Counter()

    def hang_up_unless_it_is_the_first(argument: str) -> str:
        carried[threading.current_thread()] += 1
        return CLOSE if unlucky in argument and carried[threading.current_thread()] > 1 else ""

    host.answers["MAIL"] = hang_up_unless_it_is_the_first
    delivery.send(batch.id)
    assert counts(batch) == {"sent": 60}
    assert {message.attempts for message in messages(batch)} == {1}
