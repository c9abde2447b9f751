"""The accepted patients of a batch: counted, searched, and one at a time for a preview."""

import random
from collections.abc import Sequence
from functools import reduce
from operator import add

from sqlalchemy import ColumnElement, func, or_, select

from messaging.batches.fields import field_value, in_use
from messaging.db import db
from messaging.models import Batch, Recipient, RecipientStatus


def count_patients(batch: Batch) -> int:
    """Those who will be sent to: accepted, and not left out by a decision."""
    return db.session.scalar(select(func.count()).select_from(Recipient).where(*_of(batch))) or 0


def who_is_in(batch: Batch) -> list[int]:
    """Numbers that change when other patients, or fewer or more, will be sent to."""
    found = db.session.execute(
        select(func.count(), func.coalesce(func.max(Recipient.id), 0), func.coalesce(func.sum(Recipient.id), 0)).where(
            *_of(batch)
        )
    ).one()
    return [int(value) for value in found]


def one_patient(batch: Batch, recipient_id: int | None = None) -> Recipient | None:
    """The named patient, left out or not; without a name the first who will be sent to."""
    if recipient_id is not None:
        return db.session.scalar(select(Recipient).where(Recipient.batch_id == batch.id, Recipient.id == recipient_id))
    return _first(batch, Recipient.id > 0)


def neighbour(batch: Batch, recipient_id: int, step: int) -> Recipient | None:
    """The next patient who will be sent to (step 1) or the one before (step -1), going round at the ends."""
    if step > 0:
        return _first(batch, Recipient.id > recipient_id) or _first(batch, Recipient.id > 0)
    return _last(batch, Recipient.id < recipient_id) or _last(batch, Recipient.id > 0)


def at_random(batch: Batch) -> Recipient | None:
    """Any patient who will be sent to. Looks by id, so it costs the same in a list of any length."""
    lowest, highest = db.session.execute(
        select(func.min(Recipient.id), func.max(Recipient.id)).where(*_of(batch))
    ).one()
    if lowest is None:
        return None
    return _first(batch, Recipient.id >= random.randint(lowest, highest))  # noqa: S311  (nothing hangs on this chance)


def longest(batch: Batch) -> Recipient | None:
    """The patient whose fields make the longest message."""
    lengths: list[ColumnElement[int]] = [func.length(field_value(heading)) for heading in in_use(batch).values()]
    if not lengths:
        return one_patient(batch)
    total = reduce(add, lengths)
    return db.session.scalar(select(Recipient).where(*_of(batch)).order_by(total.desc(), Recipient.id).limit(1))


def search_patients(
    batch: Batch, words: str, statuses: Sequence[RecipientStatus] = (), *, offset: int, limit: int
) -> list[Recipient]:
    """Accepted patients whose name, address or NHS number holds every word, in the order of the file.

    With statuses only those who are sent to and have one of them; without, also those left out.
    """
    query = select(Recipient).where(*_holding(batch, words, statuses)).order_by(Recipient.row_number)
    return list(db.session.scalars(query.offset(offset).limit(limit)))


def count_found(batch: Batch, words: str, statuses: Sequence[RecipientStatus] = ()) -> int:
    query = select(func.count()).select_from(Recipient).where(*_holding(batch, words, statuses))
    return db.session.scalar(query) or 0


def _holding(batch: Batch, words: str, statuses: Sequence[RecipientStatus]) -> list[ColumnElement[bool]]:
    criteria: list[ColumnElement[bool]] = [Recipient.batch_id == batch.id]
    if statuses:
        criteria += [Recipient.left_out.is_(False), Recipient.status.in_(statuses)]
    digits = "".join(words.split())
    if digits.isascii() and digits.isdigit():
        return [*criteria, Recipient.nhs_number.contains(digits, autoescape=True)]
    for word in words.split()[:10]:
        columns = (Recipient.first_name, Recipient.surname, Recipient.email)
        criteria.append(or_(*(column.icontains(word, autoescape=True) for column in columns)))
    return criteria


def _of(batch: Batch) -> tuple[ColumnElement[bool], ...]:
    return Recipient.batch_id == batch.id, Recipient.left_out.is_(False)


def _first(batch: Batch, where: ColumnElement[bool]) -> Recipient | None:
    return db.session.scalar(select(Recipient).where(*_of(batch), where).order_by(Recipient.id).limit(1))


def _last(batch: Batch, where: ColumnElement[bool]) -> Recipient | None:
    return db.session.scalar(select(Recipient).where(*_of(batch), where).order_by(Recipient.id.desc()).limit(1))
