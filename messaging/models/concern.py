"""A question about an accepted row that a person decides: keep the patient in, or leave them out."""

from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from messaging.db import Model, choice


class ConcernKind(StrEnum):
    DUPLICATE = "duplicate"  # the same NHS number earlier in the file
    SHARED_ADDRESS = "shared_address"  # another patient of the file has the same email address
    FAILED_BEFORE = "failed_before"  # the address is suppressed
    TYPING_SLIP = "typing_slip"  # the domain looks mistyped


class Concern(Model):
    __tablename__ = "concerns"
    __table_args__ = (UniqueConstraint("recipient_id", "kind"), Index(None, "batch_id", "kind"))

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id", ondelete="CASCADE"))
    recipient_id: Mapped[int] = mapped_column(ForeignKey("recipients.id", ondelete="CASCADE"))
    kind: Mapped[ConcernKind] = mapped_column(choice(ConcernKind))
    detail: Mapped[str] = mapped_column(String(300), default="")
    leave_out: Mapped[bool] = mapped_column(default=False)
