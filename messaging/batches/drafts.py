"""A batch before it is approved: made, written, left and taken up again."""

import unicodedata

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, InvalidRequestError

from messaging import audit
from messaging.db import db, transaction, utcnow
from messaging.models import Batch, BatchStatus, Organisation, User

LONGEST_NAME, LONGEST_SUBJECT, LONGEST_BODY = 100, 200, 20_000  # characters


class NotADraft(Exception):
    """It was approved, stopped or deleted in the meantime, so it can no longer be changed."""


def create_draft(organisation: Organisation, by: User | str, *, once_key: str | None = None) -> Batch:
    """`once_key` is a script's promise to ask only once: the same key again answers the batch that it made first."""
    batch = Batch(
        organisation_id=organisation.id,
        created_by_id=by.id if isinstance(by, User) else None,
        once_key=once_key,
    )
    try:
        with transaction():
            db.session.add(batch)
            db.session.flush()
            audit.record(by, "batch created", batch, organisation_id=organisation.id)
    except IntegrityError:
        existing = draft_for_key(organisation, once_key) if once_key else None
        if existing is None:
            raise
        return existing
    return batch


def draft_for_key(organisation: Organisation, once_key: str) -> Batch | None:
    """The batch, whatever has become of it, that a script asked for with this key."""
    return db.session.scalar(select(Batch).where(Batch.organisation_id == organisation.id, Batch.once_key == once_key))


def compose(batch: Batch, name: str, subject: str, body: str) -> None:
    """Keeps the words as they are, complete or not; `problems` says what is missing. Raises NotADraft."""
    with transaction():
        lock_draft(batch)
        batch.name = _one_line(name)[:LONGEST_NAME]
        batch.subject = _one_line(subject)[:LONGEST_SUBJECT]
        batch.body = clean_lines(body)[:LONGEST_BODY]
        batch.saved_at = utcnow()


def lock_draft(batch: Batch) -> None:
    """Until the end of the transaction no one else changes it or approves it. Raises NotADraft."""
    if lock(batch) is not BatchStatus.DRAFT:
        raise NotADraft


def lock(batch: Batch) -> BatchStatus:
    """The status that it really has, read under the row's lock (on SQLite the whole database's).

    Raises NotADraft when it is no longer there.
    """
    try:
        db.session.refresh(batch, with_for_update=True)
    except InvalidRequestError:
        raise NotADraft from None
    return batch.status


def clean_lines(text: str) -> str:
    """Line ends as one character; controls, which no mail and no database wants, go."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")).strip()


def _one_line(text: str) -> str:
    return " ".join(clean_lines(text).split())
