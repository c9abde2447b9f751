"""A turn of the send loop in the database: what finished is recorded, and what leaves next is marked, together."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Dialect

from messaging import claims, results
from messaging.answers import Verdict
from messaging.db import WRITES, db, transaction, utcnow
from messaging.models import MessageStatus, WhenInDoubt
from messaging.quick_sql import QuickStatement
from messaging.results import Result
from messaging.transitions import each_in_one_statement


def turn(
    batch_id: int,
    worker: str,
    finished: Sequence[Result],
    came_back: Sequence[int],
    starting: Sequence[int],
    when_in_doubt: WhenInDoubt,
) -> set[int]:
    """Answers which of those that want to start may now leave; see claims.start()."""
    ordinary = all(result.judgement.verdict is Verdict.SENT for result in finished) and not came_back
    if ordinary:
        quick = _in_one_statement if db.engine.dialect.name == "postgresql" else _in_few_statements
        return quick(batch_id, worker, finished, starting)
    with transaction():
        results.record(finished, worker, when_in_doubt)
        claims.not_started(worker, came_back)
        return claims.start(batch_id, worker, starting)


def _in_few_statements(batch_id: int, worker: str, finished: Sequence[Result], starting: Sequence[int]) -> set[int]:
    with db.engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        results.record_accepted(finished, worker, utcnow(), connection)
        return claims.start(batch_id, worker, starting, connection)


def _in_one_statement(batch_id: int, worker: str, finished: Sequence[Result], starting: Sequence[int]) -> set[int]:
    now = utcnow()
    values: dict[str, Any] = {
        "moving": [result.message.id for result in finished],
        "new_answer": [result.answer.words for result in finished],
        "holder": worker,
        "all_sent_at": now,
        "all_reason": "",
        **claims.start_values(batch_id, worker, starting, now),
    }
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        return {row[0] for row in _one_statement(connection.dialect).run(connection, values)}


@lru_cache
def _one_statement(dialect: Dialect) -> QuickStatement:
    same = ("sent_at", "reason")
    statement = each_in_one_statement(("answer",), same, MessageStatus.SENT, claims.starting(dialect.name))
    return QuickStatement(statement, dialect)
