"""A row of a list that will not be sent: Not accepted, why, and how to mend it."""

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from messaging.db import Model


class RefusedRow(Model):
    __tablename__ = "refused_rows"
    __table_args__ = (Index(None, "batch_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id", ondelete="CASCADE"))
    row_number: Mapped[int]
    nhs_number: Mapped[str] = mapped_column(String(64), default="")  # as written
    column: Mapped[str] = mapped_column("column_name", String(200), default="")
    value: Mapped[str] = mapped_column(String(300), default="")  # as written, cut
    problem: Mapped[str] = mapped_column(String(500))
    mend: Mapped[str] = mapped_column(String(500), default="")
    code: Mapped[str] = mapped_column(String(40))  # the kind of problem, for grouping
