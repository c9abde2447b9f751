"""The ((fields)) of a draft: which its list offers, and for how many patients one of them is empty."""

from typing import Any

from sqlalchemy import ColumnElement, Select, String, case, func, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from messaging.db import db
from messaging.models import Batch, Recipient
from messaging.patient_list.headings import known_columns
from messaging.personalisation import fields_in, normalise

# What we know a column by, whatever its heading.
KNOWN_FIELDS = {
    "first_name": "first name",
    "surname": "surname",
    "date_of_birth": "date of birth",
    "nhs_number": "NHS number",
    "email": "email address",
    "mobile": "mobile number",
    "emis_number": "EMIS number",
}


class json_text(GenericFunction[str]):
    """The text under one key of a JSON object, whatever characters the key is made of; NULL without it."""

    type = String()
    inherit_cache = True


@compiles(json_text, "sqlite")
def _on_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    # A JSON path cannot name every key, and not one that is stored with escapes.
    document, key = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"(SELECT value FROM json_each({document}) WHERE key = {key})"  # noqa: S608  (compiled SQL)


@compiles(json_text, "postgresql")
def _on_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    document, key = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"({document} ->> {key})"


def available_fields(batch: Batch) -> tuple[str, ...]:
    """What the words may name in double brackets: the list's own headings, then our names for columns we know."""
    names = {normalise(heading): heading for heading in batch.list_headings}
    for column in known_columns(batch.list_headings):
        names.setdefault(normalise(KNOWN_FIELDS[column]), KNOWN_FIELDS[column])
    return tuple(names.values())


def offered_fields(batch: Batch) -> tuple[str, ...]:
    """Each column of the list once, in its order: by our name where we know it, else by its heading."""
    known = {index: KNOWN_FIELDS[column] for column, index in known_columns(batch.list_headings).items()}
    names: dict[str, str] = {}
    for index, heading in enumerate(batch.list_headings):
        name = known.get(index, heading)
        names.setdefault(normalise(name), name)
    return tuple(names.values())


def in_use(batch: Batch) -> dict[str, str]:
    """The fields that subject and body use, as written there, with the available field that each means."""
    available = {normalise(name): name for name in available_fields(batch)}
    used = fields_in(f"{batch.subject}\n{batch.body}")
    return {field: available[normalise(field)] for field in used if normalise(field) in available}


def column_of(batch: Batch, field: str) -> str | None:
    """The column that we know a field by (a key of KNOWN_FIELDS), when it is one of those."""
    wanted = normalise(field)
    for column, index in known_columns(batch.list_headings).items():
        if wanted in (normalise(batch.list_headings[index]), normalise(KNOWN_FIELDS[column])):
            return column
    return None


def field_value(field: str) -> ColumnElement[str]:
    """In SQL, what a patient's row holds under a heading of the list."""
    for column, name in KNOWN_FIELDS.items():
        if normalise(name) == normalise(field):
            found: ColumnElement[str] = getattr(Recipient, column)
            return found
    return func.coalesce(json_text(Recipient.fields, field), "")


def empty_counts(batch: Batch) -> dict[str, int]:
    """By field in use, as written: how many patients who will be sent to have nothing there: only where it is some."""
    used = in_use(batch)
    if not used:
        return {}
    empties = [func.sum(case((_is_empty(heading), 1), else_=0)) for heading in used.values()]
    query: Select[Any] = select(*empties)
    counts: Any = db.session.execute(_will_be_sent_to(query, batch)).one()
    return {field: count for field, count in zip(used, counts, strict=True) if count}


def patients_without(batch: Batch) -> Recipient | None:
    """The first patient for whom a field in use is empty."""
    used = in_use(batch)
    if not used:
        return None
    any_empty = or_(*(_is_empty(heading) for heading in used.values()))
    query = _will_be_sent_to(select(Recipient), batch).where(any_empty)
    found: Recipient | None = db.session.scalar(query.order_by(Recipient.id).limit(1))
    return found


def _is_empty(heading: str) -> ColumnElement[bool]:
    return func.trim(field_value(heading)) == ""


def _will_be_sent_to(query: Select[Any], batch: Batch) -> Select[Any]:
    return query.where(Recipient.batch_id == batch.id, Recipient.left_out.is_(False))
