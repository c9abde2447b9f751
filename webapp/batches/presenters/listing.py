"""The rows of View Batch Messages."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from messaging.batches import Figures
from messaging.models import Batch, BatchStatus
from webapp.batches.presenters.status import Tag, tag_of
from webapp.words import uk_datetime

UNNAMED = "No name yet"


@dataclass(frozen=True, slots=True)
class Row:
    id: int
    name: str
    tag: Tag
    sent_by: str
    when: str
    patients: int
    handed_over: int
    delivered: int
    failed: int
    is_draft: bool
    moves: bool

    @property
    def digest(self) -> str:
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]


def present_rows(listed: Sequence[tuple[Batch, Figures]], now: datetime) -> list[Row]:
    return [present_row(batch, figures, now) for batch, figures in listed]


def present_row(batch: Batch, figures: Figures, now: datetime) -> Row:
    person = batch.approved_by or batch.created_by
    return Row(
        id=batch.id,
        name=batch.name or UNNAMED,
        tag=tag_of(batch, now),
        sent_by=person.display_name if person else "A script",
        when=_when(batch),
        patients=figures.patients,
        handed_over=figures.handed_over,
        delivered=figures.delivered,
        failed=figures.failed,
        is_draft=batch.is_draft,
        moves=batch.is_moving,
    )


def _when(batch: Batch) -> str:
    if batch.status is BatchStatus.DRAFT:
        return f"Begun {uk_datetime(batch.created_at)}"
    return uk_datetime(batch.started_at or batch.scheduled_for)
