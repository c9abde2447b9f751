"""Group commit: what arrives at the same time is recorded in one transaction, and each waits for that commit.

A database that is away fails them all, so that their senders try again; one piece that the database refuses is told
from the others by recording each alone.
"""

import logging
import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future

from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bounce_listener.evidence import Returned, evidence
from messaging import receipts
from messaging.receipts import Recorded

MOST_AT_ONCE = 100  # pieces of evidence in one transaction
TURNED_DOWN_TOGETHER = ("40001", "40P01")  # PostgreSQL: two transactions met; each alone will do

log = logging.getLogger(__name__)

_Waiting = tuple[Returned, "Future[Recorded]"]


class Recorder:
    """A thread with its own session. Use as a context manager; close() records what waits and ends the thread."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="recorder", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._waiting.put(None)
        self._thread.join()

    def record(self, returned: Returned) -> "Future[Recorded]":
        """Done once it is committed; carries the error when it is not."""
        future: Future[Recorded] = Future()
        self._waiting.put((returned, future))
        return future

    def _work(self) -> None:
        open_ = True
        while open_:
            batch, open_ = self._next()
            if batch:
                with self._app.app_context():  # ends the session, whatever became of it
                    _record(batch)

    def _next(self) -> tuple[list[_Waiting], bool]:
        """Everything that waits, up to a transaction's worth; and whether more can come."""
        batch: list[_Waiting] = []
        item = self._waiting.get()
        while item is not None:
            batch.append(item)
            if len(batch) >= MOST_AT_ONCE or self._waiting.empty():
                return batch, True
            item = self._waiting.get()
        return batch, False


def record(returned: Sequence[Returned]) -> list[Recorded]:
    """In one transaction, in the application context in hand."""
    addresses = receipts.addresses_of({one.message_id for one in returned})
    return receipts.record_many([evidence(one, addresses.get(one.message_id)) for one in returned])


def make_durable(engine: Engine) -> None:
    """SQLite: what was acknowledged survives a power cut too, not only our own end."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=FULL").close())


def _record(batch: Sequence[_Waiting]) -> None:
    try:
        outcomes = record([returned for returned, _ in batch])
    except Exception as error:
        if len(batch) > 1 and _may_be_one_of_them(error):
            for one in batch:
                _record([one])
            return
        _log(error)
        for _, future in batch:
            future.set_exception(error)
    else:
        for (_, future), outcome in zip(batch, outcomes, strict=True):
            future.set_result(outcome)


def _may_be_one_of_them(error: Exception) -> bool:
    """Not when the database itself is away: then each alone would only take longer to fail."""
    if isinstance(error, DBAPIError) and type(error).__name__ in ("OperationalError", "InterfaceError"):
        return getattr(error.orig, "sqlstate", None) in TURNED_DOWN_TOGETHER
    return True


def _log(error: Exception) -> None:
    """By its kind only: the words of a database error hold the values."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    log.error(
        "reports could not be recorded error=%s cause=%s sql=%s",
        type(error).__name__,
        type(cause).__name__,
        isinstance(error, SQLAlchemyError),
    )
