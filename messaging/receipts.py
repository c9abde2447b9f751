"""What evidence about a message does: it is kept once, and a failure that counts moves its message, in one transaction.

Whatever a report says is hostile text: every field is cut to its length and freed of what a database refuses.
"""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import Dialect, select

from messaging import suppressions
from messaging.config import settings
from messaging.db import db, transaction, utcnow
from messaging.models import Batch, DeliveryReceipt, EvidenceKind, Message, MessageStatus, Source
from messaging.quick_sql import QuickStatement, as_rows, insert_rows
from messaging.reasons import Reason
from messaging.transitions import advance_all, id_list, is_among

TEST_MESSAGE = 0  # the id in the return path of a test, of which there is no row
GONE = -1  # stands for a message that is not there any more
LONGEST_DIAGNOSTIC = 4_000  # characters
LONGEST_TEXT = 64 << 10  # octets

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What somebody said about one message. `evidence_id` is equal for the same evidence, however it came."""

    message_id: int
    evidence_id: str
    kind: EvidenceKind
    via: str
    status: str = ""  # RFC 3463
    smtp_code: int | None = None
    reason: str = ""  # a messaging.reasons.Reason
    permanent: bool = False
    address: str = ""  # that it names, if another than the one we wrote to
    reporting_mta: str = ""
    diagnostic: str = ""
    understood: bool = True
    text: str | None = None
    source: Source = Source.REPORT
    received_at: datetime = field(default_factory=utcnow)

    @property
    def fails(self) -> bool:
        return self.kind is EvidenceKind.FAILED and self.understood

    @property
    def condemns_the_address(self) -> bool:
        return self.fails and self.permanent and self.reason in _ADDRESS_IS_WRONG


class Recorded(StrEnum):
    """What became of a piece of evidence."""

    APPLIED = "applied"  # kept, and its message has failed by it
    KEPT = "kept"  # and changes no figure
    REPEATED = "repeated"  # we had it already
    IGNORED = "ignored"  # about a test message


_ADDRESS_IS_WRONG = frozenset(reason.value for reason in Reason if reason.address_is_wrong)


@dataclass(frozen=True, slots=True)
class About:
    """What has to be known of a message to judge evidence about it."""

    organisation_id: int
    to_address: str
    sent_at: datetime | None
    created_on: date  # the day that its return path is signed with


def record(evidence: Evidence) -> Recorded:
    """One piece of evidence in a transaction of its own."""
    return record_many([evidence])[0]


def record_many(evidence: Sequence[Evidence], known: Mapping[int, About] | None = None) -> list[Recorded]:
    """All of it in one transaction, or nothing; answers in the same order. `known` spares the question to about().

    A failure counts within `settings.reports_count_days` of sending. A later one, or one about a message that
    cannot fail any more, is kept and moves nothing; either way an address that is wrong for good is suppressed.
    """
    outcomes = [Recorded.IGNORED if one.message_id == TEST_MESSAGE else Recorded.REPEATED for one in evidence]
    places: dict[str, int] = {}
    for place, one in enumerate(evidence):
        if one.message_id == TEST_MESSAGE:
            log.info("evidence about a test message kind=%s via=%s", one.kind, one.via)
        else:
            places.setdefault(one.evidence_id, place)
    if not places:
        return outcomes
    once = [evidence[place] for place in places.values()]
    with transaction():
        messages = about({one.message_id for one in once}) if known is None else known
        applied = _fail(once, messages)
        new = _insert(once, messages, applied)
        _suppress((one for one in once if one.evidence_id in new), messages)
    for evidence_id in new:
        outcomes[places[evidence_id]] = Recorded.APPLIED if evidence_id in applied else Recorded.KEPT
    return outcomes


def about(message_ids: Collection[int]) -> dict[int, About]:
    """Those of these messages that are still there."""
    connection = db.session.connection()
    rows = connection.execute(_about(connection.dialect.name), {"ids": id_list(sorted(message_ids))})
    return {
        row.id: About(row.organisation_id, row.to_address, row.sent_at or row.started_at, row.created_at.date())
        for row in rows
    }


@lru_cache
def _about(dialect: str) -> Any:
    messages: Any = Message.__table__
    batches: Any = Batch.__table__
    names = ("id", "to_address", "sent_at", "started_at", "created_at")
    wanted = (*(messages.c[name] for name in names), batches.c.organisation_id)
    of_a_batch = messages.join(batches, batches.c.id == messages.c.batch_id)
    return select(*wanted).select_from(of_a_batch).where(is_among(messages.c.id, dialect))


def _fail(evidence: Iterable[Evidence], messages: Mapping[int, About]) -> set[str]:
    """Moves the messages that these failures may move; answers the ids of the evidence that did it.

    What was recorded before moves nothing: its message has failed by it, or could not and still cannot.
    """
    counting: dict[int, Evidence] = {}
    for one in evidence:
        if one.fails and one.message_id in messages and _counts(one, messages[one.message_id]):
            counting.setdefault(one.message_id, one)
    by_reason: dict[str, list[int]] = {}
    for message_id, one in sorted(counting.items()):
        by_reason.setdefault(_cut(one.reason, 32), []).append(message_id)
    at = max((one.received_at for one in counting.values()), default=utcnow())
    moved: set[int] = set()
    for reason, ids in sorted(by_reason.items()):
        moved.update(advance_all(MessageStatus.FAILED, ids, failed_at=at, reason=reason))
    return {counting[message_id].evidence_id for message_id in moved}


def _insert(evidence: Iterable[Evidence], messages: Mapping[int, About], applied: Collection[str]) -> set[str]:
    """The ids of what was not there yet. Evidence about a message that is gone is kept without it."""
    ordered = sorted(evidence, key=lambda one: one.evidence_id)  # for all the same, so that none waits for another
    rows = [_row(one, one.message_id in messages, one.evidence_id in applied) for one in ordered]
    connection = db.session.connection()
    values = {"rows": as_rows(rows, connection.dialect)}
    return {row[0] for row in _insertion(connection.dialect).run(connection, values)}


@lru_cache
def _insertion(dialect: Dialect) -> QuickStatement:
    table: Any = DeliveryReceipt.__table__
    statement = insert_rows(table, [column.name for column in table.c if column is not table.c.id], dialect)
    statement = statement.on_conflict_do_nothing(index_elements=["evidence_id"]).returning(table.c.evidence_id)
    return QuickStatement(statement, dialect)


def _counts(evidence: Evidence, message: About) -> bool:
    """A report may overtake our own note of having sent; then it is in time."""
    longest = timedelta(days=settings().reports_count_days)
    return message.sent_at is None or evidence.received_at - message.sent_at <= longest


def _suppress(evidence: Iterable[Evidence], messages: Mapping[int, About]) -> None:
    suppressions.suppress_many(
        [
            {
                "organisation_id": messages[one.message_id].organisation_id,
                "email": messages[one.message_id].to_address,
                "reason": one.reason,
                "message_id": one.message_id,
            }
            for one in evidence
            if one.condemns_the_address and one.message_id in messages
        ]
    )


def _row(evidence: Evidence, message_is_there: bool, applied: bool) -> dict[str, Any]:
    """By the names of the columns."""
    return {
        "evidence_id": evidence.evidence_id,
        "message_id": evidence.message_id if message_is_there else None,
        "source": evidence.source,
        "kind": evidence.kind,
        "applied": applied,
        "received_at": evidence.received_at,
        "enhanced_status": _cut(evidence.status, 16),
        "smtp_code": evidence.smtp_code if evidence.smtp_code and 100 <= evidence.smtp_code <= 999 else None,
        "reason": _cut(evidence.reason, 32),
        "permanent": evidence.permanent,
        "address": _cut(evidence.address, 320),
        "reporting_mta": _cut(evidence.reporting_mta, 255),
        "diagnostic": _cut(evidence.diagnostic, LONGEST_DIAGNOSTIC),
        "understood": evidence.understood,
        "via": _cut(evidence.via, 16),
        "text": None if evidence.text is None else _cut_octets(evidence.text, LONGEST_TEXT),
    }


def _cut(text: str, characters: int) -> str:
    """At most so many characters, none of which a database refuses (NUL, half of a pair)."""
    return _storable(text[: characters * 2])[:characters]


def _cut_octets(text: str, octets: int) -> str:
    return _storable(text[:octets]).encode()[:octets].decode(errors="ignore")


def _storable(text: str) -> str:
    return text.replace("\x00", "").encode(errors="replace").decode()
