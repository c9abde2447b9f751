"""Work for later, by the name of a job: ids only, never a patient's data. The row is the truth, the queue a hint."""

import logging
import time
from typing import Any

from flask import current_app
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue, Worker
from rq.serializers import JSONSerializer

from messaging.db import in_transaction

QUEUE = "postround"
START_BATCH = "worker.jobs.start_batch"
SEND_BATCH = "worker.jobs.send_batch"
SEND_TEST = "worker.jobs.send_test"
SWEEP = "worker.jobs.sweep"
JOBS = (START_BATCH, SEND_BATCH, SEND_TEST, SWEEP)
JOB_TIMEOUT_SECONDS = 15 * 60
SILENCE_SECONDS = 2.0  # of Redis, that are waited for
WORKERS_KNOWN_SECONDS = 3.0
FAILED_JOBS_KEPT_SECONDS = 24 * 60 * 60

log = logging.getLogger(__name__)


def redis_connection(url: str, *, waits_for_jobs: bool = False, retries: int = 1) -> "Redis":
    """Gives up on a silent server after seconds, so that no click and no sending hangs on it.

    Only what was cut off is tried again (the server has been restarted). rq gives a waiter for jobs its own time.
    """
    options: dict[str, Any] = {"socket_connect_timeout": SILENCE_SECONDS, "health_check_interval": 30}
    if not waits_for_jobs:
        options |= {"socket_timeout": SILENCE_SECONDS, "retry": Retry(NoBackoff(), retries, (RedisConnectionError,))}
    if url.startswith("rediss://"):
        options["ssl_cert_reqs"] = "none"  # Heroku's Key-Value Store signs its own certificates
    return Redis.from_url(url, **options)


def connection() -> "Redis":
    found: Redis = current_app.extensions["postround_redis"]
    return found


def jobs() -> Queue:
    return Queue(QUEUE, connection=connection(), serializer=JSONSerializer, default_timeout=JOB_TIMEOUT_SECONDS)


def enqueue(job: str, *ids: int, copies: int = 1) -> bool:
    """After the commit only. False when Redis is away: the sweep will find the row."""
    if in_transaction():
        raise RuntimeError(f"{job} enqueued inside a transaction: its worker might not see the row")
    try:
        queue = jobs()
        queue.enqueue_many(
            [
                Queue.prepare_data(job, args=ids, result_ttl=0, failure_ttl=FAILED_JOBS_KEPT_SECONDS)
                for _ in range(copies)
            ]
        )
    except RedisError as error:
        log.warning("queue away job=%s ids=%s error=%s", job, ids, type(error).__name__)
        return False
    return True


def count_workers() -> int | None:
    """Those that listen to the queue; None when Redis is away. Seconds old, so that no watcher has to wait for it."""
    known: tuple[float, int | None] = current_app.extensions.get("postround_workers", (0.0, None))
    now = time.monotonic()
    if now < known[0]:
        return known[1]
    try:
        count = Worker.count(connection=connection(), queue=jobs())
    except RedisError:
        count = None
    current_app.extensions["postround_workers"] = (now + WORKERS_KNOWN_SECONDS, count)
    return count
