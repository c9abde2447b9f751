"""Questions about accepted rows that a person decides: leave out, or keep."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, case, exists, func, select, update

from messaging import audit
from messaging.batches.drafts import lock_draft
from messaging.db import db, transaction
from messaging.models import Batch, Concern, ConcernKind, Recipient, User


@dataclass(frozen=True, slots=True)
class Counted:
    """How many patients a kind of question is about, and how many of them its decision leaves out."""

    patients: int
    left_out: int


def decide(batch: Batch, kind: ConcernKind, leave_out: bool, by: User | str, *, recipient_id: int | None = None) -> int:
    """Decides for every patient of the kind, or for one; answers for how many. Raises NotADraft."""
    which: list[ColumnElement[bool]] = [Concern.batch_id == batch.id, Concern.kind == kind]
    if recipient_id is not None:
        which.append(Concern.recipient_id == recipient_id)
    with transaction():
        lock_draft(batch)
        decided = db.session.execute(
            update(Concern)
            .where(*which)
            .values(leave_out=leave_out)
            .returning(Concern.id)
            .execution_options(synchronize_session=False)
        ).all()
        if decided:
            recompute_left_out(batch)
            audit.record(
                by,
                "concern decided",
                batch,
                organisation_id=batch.organisation_id,
                kind=kind.value,
                leave_out=leave_out,
                patients=len(decided),
            )
    return len(decided)


def recompute_left_out(batch: Batch) -> None:
    """A patient is left out when the decision on any of their questions says so. One statement, in a transaction."""
    says_so = exists().where(Concern.recipient_id == Recipient.id, Concern.leave_out.is_(True))
    asked_about = select(Concern.recipient_id).where(Concern.batch_id == batch.id)
    db.session.execute(
        update(Recipient)
        .where(Recipient.batch_id == batch.id, Recipient.id.in_(asked_about))
        .values(left_out=says_so)
        .execution_options(synchronize_session=False)
    )


def concern_counts(batch: Batch) -> dict[ConcernKind, Counted]:
    """Only the kinds that occur, in the order in which they are asked."""
    rows: Any = db.session.execute(
        select(Concern.kind, func.count(), func.sum(case((Concern.leave_out.is_(True), 1), else_=0)))
        .where(Concern.batch_id == batch.id)
        .group_by(Concern.kind)
    ).all()
    found = {kind: Counted(patients, int(left_out)) for kind, patients, left_out in rows}
    return {kind: found[kind] for kind in ConcernKind if kind in found}


def left_out_rows(batch: Batch, row_numbers: Collection[int]) -> set[int]:
    """Those of the rows that are left out."""
    query = select(Recipient.row_number).where(
        Recipient.batch_id == batch.id, Recipient.row_number.in_(row_numbers), Recipient.left_out.is_(True)
    )
    return set(db.session.scalars(query))


def concerned(batch: Batch, kind: ConcernKind, limit: int = 50) -> list[tuple[Concern, Recipient]]:
    """The first patients of a kind, in the order of the file."""
    rows = db.session.execute(
        select(Concern, Recipient)
        .join(Recipient, Recipient.id == Concern.recipient_id)
        .where(Concern.batch_id == batch.id, Concern.kind == kind)
        .order_by(Recipient.row_number)
        .limit(limit)
    )
    return [(concern, recipient) for concern, recipient in rows]
