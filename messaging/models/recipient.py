"""A patient of a batch: an accepted row of its list. Follows its newest message."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from messaging.db import Model, UtcDateTime, choice
from messaging.models.accounts import User
from messaging.models.batch import Batch


class RecipientStatus(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    REACHED = "reached"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Recipient(Model):
    __tablename__ = "recipients"
    __table_args__ = (
        UniqueConstraint("batch_id", "row_number"),
        Index(None, "batch_id", "left_out", "status"),
        {"sqlite_autoincrement": True},  # an old page’s id must never mean a patient of the list that came after
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id", ondelete="CASCADE"))
    row_number: Mapped[int]  # the spreadsheet's own
    nhs_number: Mapped[str] = mapped_column(String(10), index=True)
    email: Mapped[str] = mapped_column(String(254), default="")
    first_name: Mapped[str] = mapped_column(String(200), default="")
    surname: Mapped[str] = mapped_column(String(200), default="")
    date_of_birth: Mapped[str] = mapped_column(String(40), default="")
    mobile: Mapped[str] = mapped_column(String(40), default="")
    emis_number: Mapped[str] = mapped_column(String(40), default="")
    fields: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)  # every column, by its heading as written
    status: Mapped[RecipientStatus] = mapped_column(choice(RecipientStatus), default=RecipientStatus.PENDING)
    left_out: Mapped[bool] = mapped_column(default=False)  # by a decision about a concern
    dealt_with_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    dealt_with_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    batch: Mapped[Batch] = relationship()
    dealt_with_by: Mapped[User | None] = relationship()

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.surname}".strip()
