"""How PostgreSQL finds what sending asks for thousands of times, when it knows no figures of the tables yet."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from messaging import claims
from messaging.answers import Judgement, Verdict
from messaging.claims import BatchIds, Claimed
from messaging.db import db, transaction
from messaging.gateways.base import Answer, Stage
from messaging.models import Organisation, WhenInDoubt
from messaging.results import Result
from messaging.turns import turn
from tests.cast import make_cast
from tests.sending_kit import host, redis_server, sending, started

__all__ = ["host", "redis_server", "sending"]

pytestmark = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)


@pytest.fixture
def batch(sending: Flask) -> BatchIds:
    riverside: Organisation = make_cast().riverside
    return BatchIds(started(riverside, 3_000).id, riverside.id)


@contextlib.contextmanager
def plans_of(words: str) -> Iterator[list[str]]:
    """At the end, the plans of the statements meanwhile that held these words."""
    said: list[tuple[str, Any]] = []
    plans: list[str] = []

    def note(_connection: Any, _cursor: Any, sql: str, values: Any, *_: Any) -> None:
        if words in sql:
            said.append((sql, values))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield plans
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    for sql, values in said:
        plans.append("\n".join(db.session.connection().exec_driver_sql(f"EXPLAIN {sql}", values).scalars()))
    db.session.rollback()


def accepted(message: Claimed) -> Result:
    return Result(message, Judgement(Verdict.SENT), Answer(Stage.CONTENT, 250, "2.0.0 Ok"))


def test_a_turn_looks_at_its_own_messages_only(batch: BatchIds) -> None:
    held = claims.claim(batch, "one", 20)
    first, second = held[:10], [message.id for message in held[10:]]
    with transaction():
        claims.start(batch.id, "one", [message.id for message in first])

    with plans_of("UPDATE messages") as plans:
        assert len(turn(batch.id, "one", [*map(accepted, first)], [], second, WhenInDoubt.SEND)) == 10

    (plan,) = plans
    assert plan.count("Scan on pk_messages") == 2
    assert "Seq Scan" not in plan
    assert "ix_messages" not in plan, "by status it would walk over every row that was ever claimed"


def test_a_claim_reads_its_own_patients_only(batch: BatchIds) -> None:
    with plans_of("recipients.nhs_number") as plans:
        assert len(claims.claim(batch, "one", 20)) == 20

    (plan,) = plans
    assert "pk_recipients" in plan
    assert "Seq Scan" not in plan
