"""One thing at a time in the database, in a thread of its own, while the caller sees to the network."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from flask import Flask

from messaging.db import db

T = TypeVar("T")


class Lane:
    """`ring` is called, in that thread, whenever something is done; collect() then hands it over in the caller's."""

    def __init__(self, app: Flask, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._thread = ThreadPoolExecutor(1, "database", initializer=lambda: app.app_context().push())
        self._doing: Future[Any] | None = None
        self._then: Callable[[Any], None] = lambda _: None

    @property
    def is_busy(self) -> bool:
        return self._doing is not None

    def begin(self, action: Callable[[], T], then: Callable[[T], None]) -> None:
        """Not while it is busy."""
        self._then = then
        self._doing = self._thread.submit(action)
        self._doing.add_done_callback(lambda _: self._ring())

    def collect(self, *, wait: bool = False) -> None:
        """Calls `then` with what was found, if it is done. Raises what the action raised."""
        if self._doing is not None and (wait or self._doing.done()):
            doing, self._doing = self._doing, None
            self._then(doing.result())

    def close(self) -> None:
        self._thread.submit(db.session.remove)
        self._thread.shutdown()
