"""Addresses that failed for good, per practice: the next list that holds one is asked about, never silently cut."""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Dialect, select

from messaging.db import db, in_chunks, transaction, utcnow
from messaging.models import Suppression
from messaging.quick_sql import QuickStatement, as_rows, insert_rows

AT_ONCE = 500  # addresses in one statement


def suppress(organisation_id: int, email: str, reason: str, message_id: int | None) -> None:
    """One address; again for the same address renews its reason and its date."""
    suppress_many([{"organisation_id": organisation_id, "email": email, "reason": reason, "message_id": message_id}])


def suppress_many(rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows of {"organisation_id", "email", "reason", "message_id"}; the last word about an address counts."""
    now = utcnow()
    newest = {
        (row["organisation_id"], row["email"].lower()): {**row, "email": row["email"].lower(), "since": now}
        for row in rows
    }
    if not newest:
        return
    ordered = [newest[key] for key in sorted(newest)]  # the same for all, so that two can never wait for each other
    with transaction():
        connection = db.session.connection()
        _upsert(connection.dialect).run(connection, {"rows": as_rows(ordered, connection.dialect)})


@lru_cache
def _upsert(dialect: Dialect) -> QuickStatement:
    table: Any = Suppression.__table__
    statement = insert_rows(table, ("organisation_id", "email", "reason", "message_id", "since"), dialect)
    renewed = {name: statement.excluded[name] for name in ("reason", "message_id", "since")}
    statement = statement.on_conflict_do_update(index_elements=["organisation_id", "email"], set_=renewed)
    return QuickStatement(statement, dialect)


def among(organisation_id: int, emails: Collection[str]) -> dict[str, Suppression]:
    """Those of the given addresses that are suppressed, by the address as it was given."""
    written: dict[str, list[str]] = {}
    for email in emails:
        written.setdefault(email.lower(), []).append(email)
    found: dict[str, Suppression] = {}
    for chunk in in_chunks(list(written), AT_ONCE):
        rows = db.session.scalars(
            select(Suppression).where(Suppression.organisation_id == organisation_id, Suppression.email.in_(chunk))
        )
        found.update((email, row) for row in rows for email in written[row.email])
    return found
