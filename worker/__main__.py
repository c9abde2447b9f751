"""The worker: `python -m worker` works through the queue until it is told to stop.

It does not fork, so that connections to the smart host stay open from job to job. SIGTERM, once, twice or to every
process of ours at the same time, lets what is in flight finish, gives the rest back, and ends it within 20 seconds.
Redis may come and go.
"""

import logging
import signal
import sys
from typing import Any

from flask import Flask
from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.job import Job
from rq.serializers import JSONSerializer

from messaging import queue
from messaging.app import create_base_app, log_to_stderr
from messaging.config import SettingsError, settings
from messaging.db import db, make_durable
from messaging.sender import Sender, sender
from worker.schedule import sweep

WORKER_TTL_SECONDS = 60  # so that a dead one is not listed as alive for long
REDIS_WAIT_SECONDS = 1.0

log = logging.getLogger(__name__)


class BatchWorker(SimpleWorker):
    """Runs each job in the application's context, in this process."""

    app: Flask
    sender: Sender

    def request_stop(self, signum: int, frame: Any) -> None:
        """However often the signal comes, it means the same."""
        self.sender.stopping.set()
        self._shutdown_requested_date = None
        self._stop_requested = True
        if self._is_waiting:
            self._shutdown()  # type: ignore[no-untyped-call]

    request_force_stop = request_stop
    _is_waiting = False
    max_connection_wait_time = 5.0  # seconds between two looks for a Redis that is away

    def dequeue_job_and_maintain_ttl(self, *args: Any, **kwargs: Any) -> Any:
        self._is_waiting = True
        try:
            return super().dequeue_job_and_maintain_ttl(*args, **kwargs)
        finally:
            self._is_waiting = False

    def perform_job(self, job: Job, queue: Any, execution: Any) -> bool:
        with self.app.app_context():
            done: bool = super().perform_job(job, queue, execution)
            return done

    def subscribe(self) -> None:
        """Nobody sends commands to our workers, and the thread that listens for them would outlive a lost Redis."""

    def unsubscribe(self) -> None:
        pass


def main() -> int:
    """The exit status: 0, or 1 for a mistake in the settings."""
    log_to_stderr()
    try:
        app = create_base_app()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    with app.app_context():
        make_durable(db.engine)
        by = sender()
        work_until_stopped(app, by)
        ignore_signals()
        by.end()
    return 0


def work_until_stopped(app: Flask, by: Sender) -> None:
    """Sweeps once, then works; when Redis goes away, waits for it."""
    stop_on_signals(by)
    swept: bool | None = None
    while not by.stopping.is_set():
        swept = swept or sweep(leases_count=swept is None)
        try:
            _work(app, by)
        except RedisError as error:
            log.warning("queue away, waiting for it error=%s", type(error).__name__)
        stop_on_signals(by)
        by.stopping.wait(REDIS_WAIT_SECONDS)


def stop_on_signals(by: Sender) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: by.stopping.set())


def ignore_signals() -> None:
    """Python gives up its handlers before it is gone, and a second SIGTERM would then look like a crash."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)


def _work(app: Flask, by: Sender) -> None:
    connection = queue.redis_connection(settings().redis_url, waits_for_jobs=True)
    worker = BatchWorker([queue.QUEUE], connection=connection, serializer=JSONSerializer, worker_ttl=WORKER_TTL_SECONDS)
    worker.app, worker.sender = app, by
    worker.work(logging_level="WARNING")


if __name__ == "__main__":
    sys.exit(main())
