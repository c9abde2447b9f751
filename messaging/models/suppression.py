"""An address that failed for good: the next list that holds it is asked about."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from messaging.db import Model, UtcDateTime, utcnow


class Suppression(Model):
    __tablename__ = "suppressions"
    __table_args__ = (UniqueConstraint("organisation_id", "email"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    email: Mapped[str] = mapped_column(String(254))  # lower case
    reason: Mapped[str] = mapped_column(String(32))  # a messaging.reasons.Reason
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="SET NULL"))
    since: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
