"""Sending a batch, from its approval to its end. Each verb is safe to run twice, at once, and again after a crash.

The row is the truth and the queue a hint: whatever Redis forgot, sweep() finds in the tables.
"""

import logging
from typing import Any

from redis.exceptions import RedisError
from sqlalchemy import exists, select

from messaging import heartbeats, making, queue, recovery, retention
from messaging.db import db, transaction, utcnow
from messaging.models import Batch, BatchStatus, Message, MessageStatus
from messaging.sender import sender
from messaging.sending import Round
from messaging.transitions import advance

JOBS_AT_ONCE = 4  # of a batch, for so many workers
JOBS_LOOKED_AT = 1_000
SWEEP = "sweep"

log = logging.getLogger(__name__)


def start(batch_id: int) -> None:
    """Scheduled, and its time has come: sending, with a message for every patient who is not left out."""
    with transaction():
        now = utcnow()
        advance(Batch, BatchStatus.SENDING, Batch.id == batch_id, Batch.scheduled_for <= now, started_at=now)
    if making.is_made(batch_id):
        return
    last = 0
    while (reached := making.make_set(batch_id, after=last)) is not None:
        if last == 0:
            queue.enqueue(queue.SEND_BATCH, batch_id)  # sending need not wait for the last set
        last = reached
    queue.enqueue(queue.SEND_BATCH, batch_id, copies=JOBS_AT_ONCE)
    finish(batch_id)


def send(batch_id: int) -> None:
    """One round of it, as fast as the smart host and the limits allow; then the job stands in the queue again."""
    batch = db.session.get(Batch, batch_id, populate_existing=True)
    if batch is None or batch.status is not BatchStatus.SENDING or batch.held_at is not None:
        return
    more = False
    if has_due(batch_id):
        with sender().round():
            more = Round(batch, sender()).run()
    if more:
        queue.enqueue(queue.SEND_BATCH, batch_id)
    else:
        finish(batch_id)


def finish(batch_id: int) -> bool:
    """Done, when every patient has a message and none of them can still leave."""
    with transaction():
        done = advance(
            Batch,
            BatchStatus.DONE,
            Batch.id == batch_id,
            Batch.messages_made_at.is_not(None),
            ~exists().where(
                Message.batch_id == batch_id, Message.status.in_((MessageStatus.QUEUED, MessageStatus.SENDING))
            ),
            done_at=utcnow(),
            waiting_since=None,
            waiting_because="",
        )
    return bool(done)


def sweep(*, leases_count: bool = True) -> None:
    """Every half minute: takes up what crashes left, and what Redis lost. Two at once do no harm.

    Leases do not count right after the database was away: their workers may be alive, could not renew them, and
    know what became of messages that would be sent twice.
    """
    taken = recovery.take_up() if leases_count else {}
    if any(taken.values()):
        log.info("taken up %s", " ".join(f"{what.replace(' ', '_')}={count}" for what, count in taken.items()))
    sending = db.session.scalars(select(Batch.id).where(Batch.status == BatchStatus.SENDING)).all()
    for batch_id in sending:
        finish(batch_id)
    _ask_again()
    retention.purge(utcnow())
    heartbeats.beat(SWEEP, utcnow())


def has_due(batch_id: int) -> bool:
    """Whether a message of it could leave now."""
    return bool(db.session.scalar(select(_due(batch_id))))


def _ask_again() -> None:
    """A job for each batch that has something to do and none in the queue. One too many finds nothing, and ends."""
    now = utcnow()
    to_start = db.session.scalars(
        select(Batch.id).where(Batch.status == BatchStatus.SCHEDULED, Batch.scheduled_for <= now)
    ).all()
    half_made = db.session.scalars(
        select(Batch.id).where(Batch.status == BatchStatus.SENDING, Batch.messages_made_at.is_(None))
    ).all()
    to_send = db.session.scalars(
        select(Batch.id).where(Batch.status == BatchStatus.SENDING, Batch.held_at.is_(None), _due(Batch.id))
    ).all()
    wanted = [(queue.START_BATCH, batch_id) for batch_id in (*to_start, *half_made)]
    wanted += [(queue.SEND_BATCH, batch_id) for batch_id in to_send]
    if not wanted:
        return
    waiting = _jobs_in_the_queue()
    for job, batch_id in wanted:
        if (job, batch_id) not in waiting:
            queue.enqueue(job, batch_id)


def _jobs_in_the_queue() -> set[tuple[str, int]]:
    try:
        jobs = queue.jobs().get_jobs(0, JOBS_LOOKED_AT)
    except RedisError:
        return set()
    return {(str(job.func_name), int(job.args[0])) for job in jobs if job.args}


def _due(batch_id: Any) -> Any:
    return exists().where(
        Message.batch_id == batch_id, Message.status == MessageStatus.QUEUED, Message.send_after <= utcnow()
    )
