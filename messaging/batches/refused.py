"""The rows of a list that will not be sent."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select

from messaging.db import db
from messaging.models import Batch, RefusedRow


@dataclass(frozen=True, slots=True)
class RefusedGroup:
    code: str
    problem: str  # in the words of one of its rows
    mend: str
    rows: int


def group_refused(batch: Batch) -> list[RefusedGroup]:
    """By reason, the commonest first."""
    rows = db.session.execute(
        select(RefusedRow.code, func.min(RefusedRow.problem), func.min(RefusedRow.mend), func.count())
        .where(RefusedRow.batch_id == batch.id)
        .group_by(RefusedRow.code)
        .order_by(func.count().desc(), RefusedRow.code)
    )
    return [RefusedGroup(*row) for row in rows]


def refused_rows(batch: Batch, *, code: str = "", limit: int | None = None) -> Iterator[RefusedRow]:
    """In the order of the file; without a limit as a stream."""
    query = select(RefusedRow).where(RefusedRow.batch_id == batch.id).order_by(RefusedRow.row_number, RefusedRow.id)
    if code:
        query = query.where(RefusedRow.code == code)
    yield from db.session.scalars(query.limit(limit).execution_options(yield_per=1_000))
