"""The batch messages of a practice, newest first and drafts on top."""

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import joinedload

from messaging.batches.figures import Figures, figures_of
from messaging.db import db
from messaging.models import Batch, BatchStatus, Organisation


def list_batches(
    organisation: Organisation, *, words: str = "", status: BatchStatus | None = None, offset: int = 0, limit: int = 25
) -> list[tuple[Batch, Figures]]:
    """With their figures. `words` are looked for in name and subject."""
    newest = func.coalesce(Batch.approved_at, Batch.created_at)
    query = (
        select(Batch)
        .where(*_wanted(organisation, words, status))
        .options(joinedload(Batch.created_by), joinedload(Batch.approved_by))
        .order_by(case((Batch.status == BatchStatus.DRAFT, 0), else_=1), newest.desc(), Batch.id.desc())
        .offset(offset)
        .limit(limit)
    )
    batches = list(db.session.scalars(query))
    counted = figures_of([batch.id for batch in batches])
    return [(batch, counted[batch.id]) for batch in batches]


def count_batches(organisation: Organisation, *, words: str = "", status: BatchStatus | None = None) -> int:
    query = select(func.count()).select_from(Batch).where(*_wanted(organisation, words, status))
    return db.session.scalar(query) or 0


def _wanted(organisation: Organisation, words: str, status: BatchStatus | None) -> list[ColumnElement[bool]]:
    criteria: list[ColumnElement[bool]] = [Batch.organisation_id == organisation.id]
    if status is not None:
        criteria.append(Batch.status == status)
    for word in words.split()[:10]:
        texts = (Batch.name, Batch.subject)
        criteria.append(or_(*(text.icontains(word, autoescape=True) for text in texts)))
    return criteria
