"""Messages that have been handed over, for tests of what comes back about them."""

from datetime import datetime, timedelta

from messaging.db import db, transaction, utcnow
from messaging.models import (
    Batch,
    BatchStatus,
    Message,
    MessageStatus,
    Organisation,
    Recipient,
    RecipientStatus,
)


def send(
    organisation: Organisation,
    count: int = 1,
    *,
    status: MessageStatus = MessageStatus.SENT,
    sent: datetime | None = None,
    domain: str = "example.org",
) -> list[Message]:
    """`count` messages of one batch, to patient1@ and so on, handed over an hour ago unless told when."""
    sent = sent or utcnow() - timedelta(hours=1)
    with transaction():
        batch = Batch(organisation_id=organisation.id, status=BatchStatus.SENDING)
        db.session.add(batch)
        db.session.flush()
        recipients = [
            Recipient(
                batch_id=batch.id,
                row_number=number,
                nhs_number="9434765919",
                email=f"patient{number}@{domain}",
                status=RecipientStatus.SENT,
            )
            for number in range(1, count + 1)
        ]
        db.session.add_all(recipients)
        db.session.flush()
        messages = [
            Message(
                batch_id=batch.id,
                recipient_id=recipient.id,
                to_address=recipient.email,
                domain=domain,
                status=status,
                sent_at=sent if status is MessageStatus.SENT else None,
            )
            for recipient in recipients
        ]
        db.session.add_all(messages)
        db.session.flush()
    return messages
