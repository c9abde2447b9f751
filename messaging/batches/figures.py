"""How many patients of a batch are where: a GROUP BY over an index, never a stored counter."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from messaging.db import db
from messaging.models import Batch, Recipient, RecipientStatus

R = RecipientStatus


@dataclass(frozen=True, slots=True)
class Figures:
    """Each accepted patient stands in exactly one of them.

    `delivered` counts channels that confirm; email never does.
    """

    left_out: int = 0
    waiting: int = 0
    in_flight: int = 0
    handed_over: int = 0
    delivered: int = 0
    failed: int = 0
    not_sent: int = 0  # stopped before their turn

    @property
    def patients(self) -> int:
        """Those who are to be sent to."""
        return self.waiting + self.in_flight + self.gone + self.not_sent

    @property
    def gone(self) -> int:
        """Those about whom there is nothing left to do."""
        return self.handed_over + self.delivered + self.failed

    @property
    def to_go(self) -> int:
        return self.waiting + self.in_flight


PLACES: dict[RecipientStatus, str] = {
    R.PENDING: "waiting",
    R.SENDING: "in_flight",
    R.SENT: "handed_over",
    R.REACHED: "delivered",
    R.FAILED: "failed",
    R.CANCELLED: "not_sent",
}


def figures(batch: Batch) -> Figures:
    return figures_of([batch.id])[batch.id]


def figures_of(batch_ids: Sequence[int]) -> dict[int, Figures]:
    """For several batches in one query."""
    rows = db.session.execute(
        select(Recipient.batch_id, Recipient.left_out, Recipient.status, func.count())
        .where(Recipient.batch_id.in_(batch_ids))
        .group_by(Recipient.batch_id, Recipient.left_out, Recipient.status)
    ).all()
    return {
        batch_id: figures_from((left_out, status, count) for of, left_out, status, count in rows if of == batch_id)
        for batch_id in batch_ids
    }


def figures_from(counts: Iterable[tuple[bool, RecipientStatus, int]]) -> Figures:
    places: dict[str, int] = {}
    for left_out, status, count in counts:
        place = "left_out" if left_out else PLACES[status]
        places[place] = places.get(place, 0) + count
    return Figures(**places)
