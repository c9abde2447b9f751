"""Evidence about a message, kept apart from its state: once, whoever sent it and however often it comes."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from messaging.db import Model, UtcDateTime, choice, utcnow


class Source(StrEnum):
    SMTP = "smtp"  # the smart host's own answer
    REPORT = "report"  # a mail to the return path


class EvidenceKind(StrEnum):
    """What the evidence says. Only FAILED can fail a patient."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    AUTOREPLY = "autoreply"
    CHALLENGE = "challenge"
    COMPLAINT = "complaint"
    OTHER = "other"


class DeliveryReceipt(Model):
    __tablename__ = "delivery_receipts"
    __table_args__ = (
        Index(None, "understood", "received_at"),
        Index(None, "reason", "received_at"),
        Index(  # what can still be purged
            None,
            "received_at",
            sqlite_where=sql("text IS NOT NULL"),
            postgresql_where=sql("text IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    evidence_id: Mapped[str] = mapped_column(String(64), unique=True)  # hex; equal for the same evidence
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), index=True)
    source: Mapped[Source] = mapped_column(choice(Source))
    kind: Mapped[EvidenceKind] = mapped_column(choice(EvidenceKind))
    applied: Mapped[bool] = mapped_column(default=False)  # it moved the message
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    status: Mapped[str] = mapped_column("enhanced_status", String(16), default="")  # RFC 3463, "5.1.1"
    smtp_code: Mapped[int | None]
    reason: Mapped[str] = mapped_column(String(32), default="")  # a messaging.reasons.Reason
    permanent: Mapped[bool] = mapped_column(default=False)
    address: Mapped[str] = mapped_column(String(320), default="")  # that the report names, if another than ours
    reporting_mta: Mapped[str] = mapped_column(String(255), default="")
    diagnostic: Mapped[str] = mapped_column(Text, default="")  # their server's words; hostile text
    understood: Mapped[bool] = mapped_column(default=True)
    via: Mapped[str] = mapped_column(String(16), default="")  # smtp, lmtp, pipe, mailbox
    text: Mapped[str | None] = mapped_column(Text)  # the report without the returned message; purged after a time
