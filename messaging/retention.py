"""What is not kept for ever: the texts of reports, which may hold more about people than we need."""

from datetime import datetime, timedelta

from sqlalchemy import select, update

from messaging.config import settings
from messaging.db import db, transaction
from messaging.models import DeliveryReceipt

AT_ONCE = 1_000  # rows in one transaction, so that nobody waits long


def purge(now: datetime) -> int:
    """Removes the texts of reports received more than `settings.report_text_days` ago; answers how many.

    What the report said (kind, reason, status, the server's words) stays with the message.
    """
    before = now - timedelta(days=settings().report_text_days)
    old = (
        select(DeliveryReceipt.id)
        .where(DeliveryReceipt.received_at < before, DeliveryReceipt.text.is_not(None))
        .order_by(DeliveryReceipt.received_at)
        .limit(AT_ONCE)
    )
    purged = 0
    while ids := db.session.scalars(old).all():  # looked for before the lock to write is asked for
        with transaction():
            db.session.execute(
                update(DeliveryReceipt)
                .where(DeliveryReceipt.id.in_(ids))
                .values(text=None)
                .execution_options(synchronize_session=False)
            )
        purged += len(ids)
    return purged
