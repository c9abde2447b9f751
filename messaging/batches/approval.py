"""Approving a batch, once; and stopping it, at any moment."""

from datetime import datetime

from messaging import audit, queue
from messaging.batches import words
from messaging.batches.drafts import lock
from messaging.batches.patients import count_patients
from messaging.batches.words import Problem
from messaging.claims import cancel_if_stopped
from messaging.db import db, transaction, utcnow
from messaging.models import Batch, BatchStatus, Recipient, RecipientStatus, User
from messaging.transitions import advance


class NotReady(Exception):
    """Something still keeps the draft from being sent."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems


class ChangedSince(Exception):
    """The words, the patients or the sender are no longer those that the person read."""


def approve(batch: Batch, by: User | str, at: datetime | None = None, *, seal: str | None = None) -> bool:
    """Sends it now, or at a moment to come. False when it was approved before: a second click changes nothing.

    Only the batch's own row changes, so it costs the same for any number of patients. `seal` is that of the page that
    was read. Raises NotReady and ChangedSince.
    """
    now = utcnow()
    with transaction():
        if lock(batch) is not BatchStatus.DRAFT:
            return False
        if found := words.problems(batch):
            raise NotReady(found)
        if seal is not None and seal != words.seal(batch):
            raise ChangedSince
        due = at or now
        advance(
            Batch,
            BatchStatus.SCHEDULED,
            Batch.id == batch.id,
            approved_at=now,
            approved_by_id=by.id if isinstance(by, User) else None,
            scheduled_for=due,
        )
        audit.record(
            by,
            "batch approved",
            batch,
            organisation_id=batch.organisation_id,
            patients=count_patients(batch),
            scheduled_for=due.isoformat(),
        )
    db.session.refresh(batch)
    if due <= utcnow():
        queue.enqueue(queue.START_BATCH, batch.id)  # when Redis is away the sweep finds the row
    return True


def stop(batch: Batch, by: User | str) -> bool:
    """Nothing leaves later than what is in flight. False when there was nothing left to stop."""
    with transaction():
        if lock(batch) not in (BatchStatus.SCHEDULED, BatchStatus.SENDING):
            return False
        advance(
            Batch,
            BatchStatus.STOPPED,
            Batch.id == batch.id,
            stopped_at=utcnow(),
            stopped_by_id=by.id if isinstance(by, User) else None,
        )
        cancel_if_stopped(batch.id)
        advance(
            Recipient,
            RecipientStatus.CANCELLED,
            Recipient.batch_id == batch.id,
            Recipient.left_out.is_(False),
            Recipient.status == RecipientStatus.PENDING,
        )
        audit.record(by, "batch stopped", batch, organisation_id=batch.organisation_id)
    db.session.refresh(batch)
    return True
