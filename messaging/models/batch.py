"""A batch message: one sending to a group of patients."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from messaging.db import Model, UtcDateTime, choice, utcnow
from messaging.models.accounts import Organisation, User


class BatchStatus(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"  # approved; on pages Queued once its time has come
    SENDING = "sending"
    DONE = "done"
    STOPPED = "stopped"


class Batch(Model):
    __tablename__ = "batches"
    __table_args__ = (
        UniqueConstraint("organisation_id", "once_key"),
        Index(None, "organisation_id", "created_at"),
        Index(None, "status", "scheduled_for"),
        {"sqlite_autoincrement": True},  # an old page of a deleted draft must never mean the batch that came after
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    status: Mapped[BatchStatus] = mapped_column(choice(BatchStatus), default=BatchStatus.DRAFT)
    name: Mapped[str] = mapped_column(String(200), default="")  # only staff see it
    subject: Mapped[str] = mapped_column(String(500), default="")
    body: Mapped[str] = mapped_column(Text, default="")
    saved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the words, last

    list_filename: Mapped[str] = mapped_column(String(255), default="")
    list_headings: Mapped[list[str]] = mapped_column(JSON, default=list)  # as the file writes them
    list_rows: Mapped[int] = mapped_column(default=0)  # below the header
    list_taken_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    once_key: Mapped[str | None] = mapped_column(String(100))  # a script's promise to ask for this only once

    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    scheduled_for: Mapped[datetime | None] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    messages_made: Mapped[int] = mapped_column(default=0, server_default="0")  # so far, for whoever watches
    messages_made_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # every accepted patient has a message
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    stopped_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    held_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # our mail is refused: a person must look
    held_because: Mapped[str] = mapped_column(Text, default="")  # the server's words
    waiting_since: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the smart host is away; it goes on by itself
    waiting_because: Mapped[str] = mapped_column(Text, default="")  # what was seen of it

    organisation: Mapped[Organisation] = relationship()
    created_by: Mapped[User | None] = relationship(foreign_keys=[created_by_id])
    approved_by: Mapped[User | None] = relationship(foreign_keys=[approved_by_id])
    stopped_by: Mapped[User | None] = relationship(foreign_keys=[stopped_by_id])

    @property
    def is_draft(self) -> bool:
        return self.status is BatchStatus.DRAFT

    @property
    def is_held(self) -> bool:
        return self.status is BatchStatus.SENDING and self.held_at is not None

    @property
    def is_being_made(self) -> bool:
        """Messages for its patients are made still."""
        return self.status is BatchStatus.SENDING and self.messages_made_at is None

    @property
    def is_moving(self) -> bool:
        """Something can still leave."""
        return self.status in (BatchStatus.SCHEDULED, BatchStatus.SENDING)
