"""Messages of which nobody can know whether they went: the worker died, or the answer was lost, in mid-flight.

A practice may have them sent again by itself (then they may arrive twice, never more), or be asked. Whoever asks gets
them here, and decides for all of them at once. Both decisions are safe to press twice.
"""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from messaging import audit, queue
from messaging.db import db, transaction, utcnow
from messaging.models import Batch, BatchStatus, Message, MessageStatus, User
from messaging.transitions import advance

LEFT = "Not certain: it may have gone. Left as it is."


def of(batch: Batch) -> Sequence[Message]:
    """Those that wait for a decision, with their patients."""
    return db.session.scalars(
        select(Message)
        .where(
            Message.batch_id == batch.id,
            Message.status == MessageStatus.SENDING,
            Message.in_doubt_at.is_not(None),
        )
        .options(joinedload(Message.recipient))
        .order_by(Message.id)
    ).all()


def send_again(batch: Batch, by: User | str) -> int:
    """They may arrive twice. Answers how many go; 0 when the batch was stopped, or somebody decided before."""
    with transaction():
        moved = advance(
            Message,
            MessageStatus.QUEUED,
            Message.batch_id == batch.id,
            Message.status == MessageStatus.SENDING,
            Message.in_doubt_at.is_not(None),
            select(Batch.id).where(Batch.id == batch.id, Batch.status == BatchStatus.SENDING).exists(),
            in_doubt_at=None,
            may_be_twice=True,
            started_at=None,
            send_after=utcnow(),
        )
        if moved:
            audit.record(by, "doubts sent again", batch, organisation_id=batch.organisation_id, messages=len(moved))
    if moved:
        queue.enqueue(queue.SEND_BATCH, batch.id)
    return len(moved)


def leave(batch: Batch, by: User | str) -> int:
    """They count as handed over, with a word that it is not certain. Answers how many; 0 when decided before."""
    with transaction():
        moved = advance(
            Message,
            MessageStatus.SENT,
            Message.batch_id == batch.id,
            Message.status == MessageStatus.SENDING,
            Message.in_doubt_at.is_not(None),
            in_doubt_at=None,
            sent_at=utcnow(),
            answer=LEFT,
        )
        if moved:
            audit.record(by, "doubts left", batch, organisation_id=batch.organisation_id, messages=len(moved))
    return len(moved)
