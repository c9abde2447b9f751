"""One sending to one patient on one channel."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from messaging.db import Model, UtcDateTime, choice, utcnow
from messaging.models.batch import Batch
from messaging.models.recipient import Recipient


class Channel(StrEnum):
    EMAIL = "email"
    SMS = "sms"
    NHS_APP = "nhs_app"


class MessageStatus(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"  # claimed by a worker, under a lease
    SENT = "sent"  # on pages: handed over
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Message(Model):
    """A claimed message has `claimed_by` and `lease_until`; `started_at` says that its attempt reached the network."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("recipient_id", "channel"),
        Index(None, "batch_id", "status", "send_after"),
        # Not by status too: a plan that went by it to find a few ids would walk over every row that was ever claimed.
        Index(
            None,
            "lease_until",
            sqlite_where=text("lease_until IS NOT NULL"),
            postgresql_where=text("lease_until IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id"))
    recipient_id: Mapped[int] = mapped_column(ForeignKey("recipients.id"))
    channel: Mapped[Channel] = mapped_column(choice(Channel), default=Channel.EMAIL)
    gateway: Mapped[str] = mapped_column(String(32), default="smtp")
    to_address: Mapped[str] = mapped_column(String(254))
    domain: Mapped[str] = mapped_column(String(253), default="")  # of the address: pace and health go by it
    status: Mapped[MessageStatus] = mapped_column(choice(MessageStatus), default=MessageStatus.QUEUED)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    send_after: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    attempts: Mapped[int] = mapped_column(default=0)
    first_tried_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # and put off: two days count from here
    claimed_by: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    may_be_twice: Mapped[bool] = mapped_column(default=False)  # sent again after a crash in mid-flight
    in_doubt_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # waits for a person's Send again or Leave
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(String(32), default="")  # of the failure: a messaging.reasons.Reason
    answer: Mapped[str] = mapped_column(Text, default="")  # the smart host's last words

    batch: Mapped[Batch] = relationship()
    recipient: Mapped[Recipient] = relationship()
