"""After a crash: messages whose worker's lease has run out are taken up, by what is known of each."""

from sqlalchemy import ColumnElement, ScalarSelect, select, update

from messaging.claims import cancel_if_stopped
from messaging.db import db, transaction, utcnow
from messaging.models import Batch, BatchStatus, Message, MessageStatus, Organisation, WhenInDoubt
from messaging.transitions import advance


def take_up() -> dict[str, int]:
    """How many were given back, sent again though they may have gone, and left in doubt. Harmless at any time.

    What never started goes back to the queue. Of what was in flight nobody knows: it goes again once, when its
    practice says so and its batch is still being sent; otherwise a person is asked.
    """
    with transaction():
        never_started = advance(
            Message,
            MessageStatus.QUEUED,
            *_expired(),
            Message.started_at.is_(None),
            claimed_by=None,
            lease_until=None,
        )
        again = advance(
            Message,
            MessageStatus.QUEUED,
            *_expired(),
            Message.started_at.is_not(None),
            Message.may_be_twice.is_(False),
            Message.batch_id.in_(_batches_that_send_again()),
            claimed_by=None,
            lease_until=None,
            started_at=None,
            may_be_twice=True,
            send_after=utcnow(),
        )
        in_doubt = db.session.execute(
            update(Message)
            .where(*_expired(), Message.started_at.is_not(None))
            .values(in_doubt_at=utcnow(), claimed_by=None, lease_until=None)
            .returning(Message.id)
            .execution_options(synchronize_session=False)
        ).all()
        cancel_if_stopped()
    return {"given back": len(never_started), "sent again": len(again), "in doubt": len(in_doubt)}


def _expired() -> tuple[ColumnElement[bool], ...]:
    return (
        Message.status == MessageStatus.SENDING,
        Message.lease_until < utcnow(),
        Message.in_doubt_at.is_(None),
    )


def _batches_that_send_again() -> ScalarSelect[int]:
    return (
        select(Batch.id)
        .join(Organisation, Organisation.id == Batch.organisation_id)
        .where(Batch.status == BatchStatus.SENDING, Organisation.when_in_doubt == WhenInDoubt.SEND)
        .scalar_subquery()
    )
