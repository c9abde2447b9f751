"""A batch that is being sent, for pages that show how it stands, and its end."""

from datetime import timedelta

import pytest

from messaging import batches
from messaging.db import db, transaction, utcnow
from messaging.models import Batch, BatchStatus, Message, MessageStatus, Recipient
from messaging.transitions import advance
from tests.cast import Cast
from tests.messaging.batch_drafts import a_draft


@pytest.fixture
def batch(cast: Cast) -> Batch:
    """Being sent: Ada's handed over 30 s after the start, Ben's failed 10 s later, Cat's queued."""
    made = a_draft(cast)
    batches.approve(made, cast.bob)
    began = utcnow() - timedelta(minutes=2)
    with transaction():
        advance(Batch, BatchStatus.SENDING, Batch.id == made.id, started_at=began, messages_made_at=began)
        patients = db.session.query(Recipient).order_by(Recipient.id)
        messages = [Message(batch_id=made.id, recipient_id=p.id, to_address=p.email) for p in patients]
        db.session.add_all(messages)
        db.session.flush()
        first_two = [message.id for message in messages[:2]]
        advance(Message, MessageStatus.SENDING, Message.id.in_(first_two))
        advance(Message, MessageStatus.SENT, Message.id == first_two[0], sent_at=began + timedelta(seconds=30))
        advance(Message, MessageStatus.FAILED, Message.id == first_two[1], failed_at=began + timedelta(seconds=40))
    db.session.refresh(made)
    return made


def done(batch: Batch, ago: timedelta = timedelta()) -> None:
    with transaction():
        advance(Message, MessageStatus.SENDING, Message.batch_id == batch.id)
        advance(Message, MessageStatus.SENT, Message.batch_id == batch.id, sent_at=utcnow())
        advance(Batch, BatchStatus.DONE, Batch.id == batch.id, done_at=utcnow() - ago)
