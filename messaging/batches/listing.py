"""The batch messages of a practice, newest first and drafts on top."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import joinedload

from messaging.batches.figures import Figures, figures_of
from messaging.db import db
from messaging.models import Batch, BatchStatus, Organisation


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of them with their figures, and how many there are in all."""

    batches: list[tuple[Batch, Figures]]
    total: int


def list_batches(
    organisation: Organisation, *, words: str = "", status: BatchStatus | None = None, offset: int = 0, limit: int = 25
) -> Listed:
    """`words` are looked for in name and subject."""
    criteria: list[ColumnElement[bool]] = [Batch.organisation_id == organisation.id]
    if status is not None:
        criteria.append(Batch.status == status)
    for word in words.split()[:10]:
        criteria.append(
            or_(Batch.name.icontains(word, autoescape=True), Batch.subject.icontains(word, autoescape=True))
        )
    total = db.session.scalar(select(func.count()).select_from(Batch).where(*criteria)) or 0
    newest = func.coalesce(Batch.approved_at, Batch.created_at)
    query = (
        select(Batch)
        .where(*criteria)
        .options(joinedload(Batch.created_by), joinedload(Batch.approved_by))
        .order_by(case((Batch.status == BatchStatus.DRAFT, 0), else_=1), newest.desc(), Batch.id.desc())
        .offset(offset)
        .limit(limit)
    )
    batches = list(db.session.scalars(query))
    counted = figures_of([batch.id for batch in batches])
    return Listed([(batch, counted[batch.id]) for batch in batches], total)
