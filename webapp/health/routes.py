"""For whoever watches the processes: alive, and ready. No sign-in, no secrets, no patients."""

from collections.abc import Callable
from datetime import timedelta

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from redis.exceptions import RedisError
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from messaging import queue
from messaging.db import db, utcnow
from messaging.models import Heartbeat
from webapp.security import talisman

SWEEP_AT_LEAST_EVERY = timedelta(minutes=5)

blueprint = Blueprint("health", __name__)


def _also_without_tls(view: Callable[[], ResponseReturnValue]) -> Callable[[], ResponseReturnValue]:
    """Platforms look from inside, where nobody speaks TLS."""
    told: Callable[[], ResponseReturnValue] = talisman(force_https=False)(view)
    return told


@blueprint.get("/health")
@_also_without_tls
def health() -> ResponseReturnValue:
    """This process answers."""
    return jsonify(status="ok")


@blueprint.get("/ready")
@_also_without_tls
def ready() -> ResponseReturnValue:
    """503 unless the database and the queue answer and the sweep has run in the last minutes."""
    database, age = _database()
    checks = {
        "database": database,
        "queue": _queue(),
        "last_sweep_seconds_ago": age,
        "sweep": age is not None and age <= SWEEP_AT_LEAST_EVERY.total_seconds(),
    }
    is_ready = bool(checks["database"] and checks["queue"] and checks["sweep"])
    return jsonify(status="ready" if is_ready else "not ready", **checks), 200 if is_ready else 503


def _database() -> tuple[bool, int | None]:
    try:
        swept = db.session.scalar(select(Heartbeat.at).where(Heartbeat.name == "sweep"))
    except SQLAlchemyError:
        db.session.rollback()
        return False, None
    return True, None if swept is None else max(0, int((utcnow() - swept).total_seconds()))


def _queue() -> bool:
    try:
        return bool(queue.connection().ping())
    except (RedisError, OSError):
        return False
