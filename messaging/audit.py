"""Who did what, when: written in the same transaction as the deed."""

from typing import Any

from messaging.db import Model, db
from messaging.models import AuditEntry, User


def record(actor: User | str, action: str, subject: Model, *, organisation_id: int | None, **detail: Any) -> None:
    """`actor` is a person, or a process by its name. `detail` holds ids and counts, never patients' data."""
    name = f"user {actor.id}" if isinstance(actor, User) else actor.strip()
    if not name:
        raise ValueError("an audit entry needs an actor")
    db.session.add(
        AuditEntry(
            actor=name,
            action=action,
            subject_type=type(subject).__name__.lower(),
            subject_id=subject.id,  # type: ignore[attr-defined]  # every model has one but Heartbeat
            organisation_id=organisation_id,
            detail=detail,
        )
    )
