"""Holding a batch when its mail is refused because of us, until a person has looked; and letting it go on.

Nothing of a held batch leaves, and no patient is marked. Also the note that a batch waits for its mail server.
"""

from sqlalchemy import and_, or_, update

from messaging import audit, queue
from messaging.db import db, transaction, utcnow
from messaging.models import Batch, BatchStatus, Message, MessageStatus, User
from messaging.reasons import Reason

LONGEST_WORDS = 2_000  # characters


def hold(batch_id: int, because: str) -> bool:
    """`because` is the server's words. False when it is held already, or no longer sending."""
    with transaction():
        held = db.session.execute(
            update(Batch)
            .where(Batch.id == batch_id, Batch.status == BatchStatus.SENDING, Batch.held_at.is_(None))
            .values(held_at=utcnow(), held_because=because[:LONGEST_WORDS], waiting_since=None, waiting_because="")
            .returning(Batch.organisation_id)
            .execution_options(synchronize_session=False)
        ).scalar()
        if held is None:
            return False
        batch = db.session.get_one(Batch, batch_id, populate_existing=True)
        audit.record("worker", "batch held", batch, organisation_id=held)
    return True


def release(batch: Batch, by: User | str) -> bool:
    """Try again: what was refused because of us is due at once, and everybody's two days begin anew.

    False when it was not held: pressing twice is safe.
    """
    with transaction():
        released = db.session.execute(
            update(Batch)
            .where(Batch.id == batch.id, Batch.status == BatchStatus.SENDING, Batch.held_at.is_not(None))
            .values(held_at=None, held_because="")
            .returning(Batch.id)
            .execution_options(synchronize_session=False)
        ).scalar()
        if released is None:
            return False
        queued = update(Message).where(Message.batch_id == batch.id, Message.status == MessageStatus.QUEUED)
        for statement in (
            queued.where(Message.first_tried_at.is_not(None)).values(first_tried_at=None),
            queued.where(Message.reason == Reason.OUR_MAIL_REFUSED).values(send_after=utcnow(), reason=""),
        ):
            db.session.execute(statement.execution_options(synchronize_session=False))
        audit.record(by, "batch released", batch, organisation_id=batch.organisation_id)
    db.session.refresh(batch)
    queue.enqueue(queue.SEND_BATCH, batch.id)  # when Redis is away the sweep finds it
    return True


def note_waiting(batch_id: int, because: str) -> None:
    """The mail server is away and the batch goes on by itself when it is back; "" says that it is back."""
    text = because[:LONGEST_WORDS]
    known = Batch.waiting_because == text
    changed = Batch.waiting_since.is_not(None) if not text else or_(Batch.waiting_since.is_(None), ~known)
    with transaction():
        db.session.execute(
            update(Batch)
            .where(and_(Batch.id == batch_id, Batch.status == BatchStatus.SENDING, Batch.held_at.is_(None), changed))
            .values(
                waiting_since=db.func.coalesce(Batch.waiting_since, utcnow()) if text else None, waiting_because=text
            )
            .execution_options(synchronize_session=False)
        )
