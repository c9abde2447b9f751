"""Taking a patient list into a draft: rows in sets, in one transaction, in memory that does not grow with the list."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import delete, insert, select

from messaging import audit, suppressions
from messaging.batches.concerns import recompute_left_out
from messaging.batches.drafts import lock_draft
from messaging.db import db, in_chunks, transaction, utcnow
from messaging.models import (
    Batch,
    Concern,
    ConcernKind,
    Recipient,
    RecipientStatus,
    RefusedRow,
    Suppression,
    User,
)
from messaging.patient_list import AcceptedRow, PatientList
from messaging.patient_list import RefusedRow as RefusedInFile
from messaging.reasons import Reason

T = TypeVar("T")
ROWS_AT_ONCE = 1_000

# What happens to a patient about whom nobody decides. A later row of the same patient would be a second copy, and a
# likely slip could reach a stranger; a family that shares an address is meant to.
LEAVE_OUT_BY_DEFAULT = {
    ConcernKind.DUPLICATE: True,
    ConcernKind.SHARED_ADDRESS: False,
    ConcernKind.TYPING_SLIP: True,
}


def take_list(batch: Batch, patient_list: PatientList, by: User | str) -> None:
    """Puts the list in place of the one before, with the usual decisions made. Raises NotADraft; all or nothing."""
    accepted = refused = 0
    with transaction():
        lock_draft(batch)
        forget_list(batch)
        for rows in _sets_of(patient_list.accepted, ROWS_AT_ONCE):
            _add_accepted(batch, rows)
            accepted += len(rows)
        for refused_in_file in _sets_of(patient_list.refused, ROWS_AT_ONCE):
            _insert(RefusedRow, [_refused(batch, row) for row in refused_in_file])
            refused += len(refused_in_file)
        batch.list_filename = patient_list.filename[:255]
        batch.list_headings = list(patient_list.headings)
        batch.list_rows = patient_list.rows_total
        batch.list_taken_at = utcnow()
        recompute_left_out(batch)
        audit.record(by, "list taken", batch, organisation_id=batch.organisation_id, accepted=accepted, refused=refused)


def forget_list(batch: Batch) -> None:
    """In one statement per table: the draft has no messages yet, so nothing else hangs on its rows."""
    for model in (Concern, RefusedRow, Recipient):
        db.session.execute(delete(model).where(model.batch_id == batch.id).execution_options(synchronize_session=False))
    db.session.expire_all()


def _sets_of(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    rows = iter(rows)
    while piece := list(islice(rows, size)):
        yield piece


def _add_accepted(batch: Batch, rows: Sequence[AcceptedRow]) -> None:
    _insert(Recipient, [_recipient(batch, row) for row in rows])
    failed = suppressions.among(batch.organisation_id, [row.email for row in rows])
    concerns = [concern for row in rows for concern in _concerns(row, failed.get(row.email))]
    ids = _ids_of(batch, sorted({row_number for row_number, _ in concerns}))
    _insert(Concern, [{"batch_id": batch.id, "recipient_id": ids[number], **concern} for number, concern in concerns])


def _insert(model: type[Any], rows: Sequence[dict[str, Any]]) -> None:
    """Straight into the table, past the unit of work, which a hundred thousand rows would keep busy."""
    if rows:
        db.session.connection().execute(insert(model.__table__), rows)


def _ids_of(batch: Batch, row_numbers: Sequence[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for some in in_chunks(row_numbers, 500):
        rows = db.session.execute(
            select(Recipient.row_number, Recipient.id).where(
                Recipient.batch_id == batch.id, Recipient.row_number.in_(some)
            )
        )
        found |= {row.row_number: row.id for row in rows}
    return found


def _recipient(batch: Batch, row: AcceptedRow) -> dict[str, Any]:
    return {
        "batch_id": batch.id,
        "row_number": row.row_number,
        "nhs_number": row.nhs_number,
        "email": row.email,
        "first_name": row.first_name[:200],
        "surname": row.surname[:200],
        "date_of_birth": row.date_of_birth[:40],
        "mobile": row.mobile[:40],
        "emis_number": row.emis_number[:40],
        "fields": row.fields,
        "status": RecipientStatus.PENDING,
        "left_out": False,
    }


def _concerns(row: AcceptedRow, failed: Suppression | None) -> Iterator[tuple[int, dict[str, Any]]]:
    for concern in row.concerns:
        kind = ConcernKind(concern.kind.value)
        yield (
            row.row_number,
            {"kind": kind, "detail": concern.detail[:300], "leave_out": LEAVE_OUT_BY_DEFAULT[kind]},
        )
    if failed is not None:
        reason = Reason(failed.reason)
        yield (
            row.row_number,
            {
                "kind": ConcernKind.FAILED_BEFORE,
                "detail": f"{reason.value} {failed.since.isoformat()}",
                "leave_out": reason.address_is_wrong,
            },
        )


def _refused(batch: Batch, row: RefusedInFile) -> dict[str, Any]:
    return {
        "batch_id": batch.id,
        "row_number": row.row_number,
        "nhs_number": row.nhs_number[:64],
        "column_name": row.column[:200],
        "value": row.value[:300],
        "problem": row.problem[:500],
        "mend": row.mend[:500],
        "code": row.code[:40],
    }
