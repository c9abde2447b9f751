from datetime import UTC, datetime, timedelta, timezone

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import StatementError

from messaging.db import db, in_chunks, in_transaction, transaction, utcnow
from messaging.models import Heartbeat


def beat(name: str, at: datetime) -> None:
    with transaction():
        db.session.add(Heartbeat(name=name, at=at))


def test_a_moment_comes_back_aware_and_in_utc(base_app: Flask) -> None:
    uk_summer = timezone(timedelta(hours=1))
    beat("sweep", datetime(2026, 7, 1, 10, 0, tzinfo=uk_summer))
    db.session.expire_all()
    assert db.session.scalars(select(Heartbeat.at)).one() == datetime(2026, 7, 1, 9, 0, tzinfo=UTC)


def test_a_moment_without_its_zone_is_refused(base_app: Flask) -> None:
    with pytest.raises(StatementError, match="without its time zone"):
        beat("sweep", datetime(2026, 7, 1, 10, 0))  # noqa: DTZ001


def test_what_raises_leaves_nothing_behind(base_app: Flask) -> None:
    def fail_half_way() -> None:
        with transaction():
            db.session.add(Heartbeat(name="sweep", at=utcnow()))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert not in_transaction()
    assert db.session.scalars(select(Heartbeat)).all() == []


def test_a_transaction_inside_another_commits_with_it(base_app: Flask) -> None:
    def fail_after_an_inner_one() -> None:
        with transaction():
            beat("inner", utcnow())
            assert in_transaction()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_an_inner_one()
    assert db.session.scalars(select(Heartbeat)).all() == []


def test_a_writer_waits_for_its_turn_instead_of_failing_half_way(base_app: Flask) -> None:
    """Both read before they write: with the driver's own BEGIN the second would fail with a stale snapshot."""
    with db.engine.connect() as other:
        db.session.scalars(select(Heartbeat)).all()
        other.execution_options(postround_writes=True)
        other.execute(text("INSERT INTO heartbeats (name, at) VALUES ('other', '2026-01-01 00:00:00.000000')"))
        other.commit()
    beat("sweep", utcnow())
    assert set(db.session.scalars(select(Heartbeat.name))) == {"other", "sweep"}


def test_foreign_keys_hold_on_sqlite(base_app: Flask) -> None:
    assert db.session.execute(text("PRAGMA foreign_keys")).scalar() == 1
    assert db.session.execute(text("PRAGMA journal_mode")).scalar() == "wal"


def test_chunks_hold_everything_once() -> None:
    assert [list(chunk) for chunk in in_chunks([1, 2, 3, 4, 5], 2)] == [[1, 2], [3, 4], [5]]
