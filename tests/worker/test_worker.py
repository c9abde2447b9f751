"""The worker as a process: that its jobs exist, that it ends gracefully, and that it outlives its Redis."""

import importlib
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from worker_processes import Processes, processes

from messaging import queue
from messaging.config import Settings
from messaging.db import db
from messaging.models import BatchStatus, Heartbeat, Message, Organisation
from tests.cast import KEY, make_cast
from tests.mail_host import MailHost
from tests.sending_kit import counts, fresh, host, make_batch, redis_server, sending, started
from tests.servers import wait_until

__all__ = ["host", "redis_server", "sending"]


@pytest.fixture
def riverside(sending: Flask) -> Organisation:
    return make_cast().riverside


@pytest.fixture
def workers(
    sending: Flask, settings: Settings, redis_server: str, host: MailHost, tmp_path: Path
) -> Iterator[Processes]:
    with processes(
        tmp_path,
        SECRET_KEY=KEY,
        RETURN_PATH_KEYS="a-key-for-workers-long-enough",
        DATABASE_URL=settings.database_url,
        REDIS_URL=redis_server,
        DATA_DIR=str(tmp_path),
        SMTP_URL=f"smtp://127.0.0.1:{host.port}?starttls=off",
        RETURN_PATH_DOMAIN="returns.riverside.example.org",
        SMTP_CONNECTIONS="4",
    ) as workers:
        yield workers


def handed_over() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).where(Message.status == "sent")) or 0


@pytest.mark.parametrize("name", queue.JOBS)
def test_every_job_has_its_function(name: str) -> None:
    module, _, function = name.rpartition(".")
    assert callable(getattr(importlib.import_module(module), function))


def test_a_batch_that_is_approved_is_sent(riverside: Organisation, host: MailHost, workers: Processes) -> None:
    workers.start()
    batch = make_batch(riverside, 30)
    queue.enqueue(queue.START_BATCH, batch.id)
    wait_until(lambda: fresh(batch).status is BatchStatus.DONE, what="the end of the batch")
    assert len(host.recipients) == len(set(host.recipients)) == 30


@pytest.mark.parametrize("signals", [[signal.SIGTERM], [signal.SIGTERM, signal.SIGTERM], [signal.SIGINT]])
def test_a_signal_ends_it_within_twenty_seconds_with_nothing_half_done(
    riverside: Organisation, host: MailHost, workers: Processes, signals: list[signal.Signals]
) -> None:
    host.answers["CONTENT"] = lambda _to: time.sleep(0.02) or ""  # type: ignore[func-returns-value]
    worker = workers.start()
    batch = started(riverside, 500)
    queue.enqueue(queue.SEND_BATCH, batch.id)
    wait_until(lambda: len(host.taken) > 20, what="the first messages")
    for number in signals:
        worker.send_signal(number)
        time.sleep(0.1)
    assert worker.wait(20) == 0, workers.logs()
    assert len(host.taken) < 500
    db.session.rollback()
    assert counts(batch) == {"sent": len(host.taken), "queued": 500 - len(host.taken)}
    assert not db.session.scalar(select(func.count()).where(Message.claimed_by.is_not(None)))


def test_a_signal_while_it_waits_for_work_ends_it_at_once(riverside: Organisation, workers: Processes) -> None:
    worker = workers.start()
    wait_until(lambda: db.session.rollback() or db.session.scalar(select(Heartbeat.at)), what="its first sweep")
    time.sleep(0.5)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(20) == 0, workers.logs()


def test_two_workers_share_the_connections_and_send_each_message_once(
    riverside: Organisation, host: MailHost, workers: Processes
) -> None:
    host.answers["CONTENT"] = lambda _to: time.sleep(0.005) or ""  # type: ignore[func-returns-value]
    for _ in range(3):
        workers.start()
    batch = make_batch(riverside, 1_500)
    queue.enqueue(queue.START_BATCH, batch.id)
    wait_until(lambda: fresh(batch).status is BatchStatus.DONE, 240, "the end of the batch")
    assert len(host.recipients) == len(set(host.recipients)) == 1_500
    assert host.most_open <= 4
