"""How a batch goes, kept for a moment and shared by all who watch.

However many people have the page open, a process asks the database about a batch at most once a second; and when the
answer is slow to get (a batch of 100,000 while mail goes out), so seldom that watching takes at most a twentieth of
the database's time. The course of the sending, for which every message must be looked at, is asked for more seldom
still, and not at all while nothing happens. What is shown can be that much old: the figures ten seconds at most, the
course thirty.

A page need not wait while it is counted anew: it shows what is kept, and has it renewed once its answer has left.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

from flask import current_app

from messaging.batches.figures import Figures
from messaging.batches.readings import Progress, read_progress
from messaging.models import Batch

KEPT_AT_LEAST, KEPT_AT_MOST = 1.0, 10.0  # seconds
STEPS_KEPT_AT_MOST = 30.0
COST_SHARE, STEPS_COST_SHARE = 20, 200  # kept this many times as long as it took to get
BATCHES_KEPT = 200


def progress(batch: Batch) -> Progress:
    """As it is now, or was a moment ago. A draft is never kept, because whoever changes it wants to see the change."""
    return read_progress(batch) if batch.is_draft else _place(batch).renewed(batch)


def progress_at_once(batch: Batch) -> Progress:
    """As it was at most ten seconds ago, without waiting where somebody has looked since; see renewal()."""
    kept = None if batch.is_draft else _place(batch).kept()
    return kept or progress(batch)


def renewal(batch: Batch) -> Callable[[], None] | None:
    """Counts anew what is kept, for those who ask next: to be called once the answer has left. None while it is new."""
    if batch.is_draft or (place := _place(batch)).is_new:
        return None
    return lambda: place.renew(batch)


def look_again(batch: Batch) -> None:
    """After a person's deed, so that the page they come back to shows it."""
    _shelf().drop(batch)


def _place(batch: Batch) -> "_Place":
    return _shelf().place(batch)


def _shelf() -> "_Shelf":
    shelf: _Shelf = current_app.extensions.setdefault("postround_progress", _Shelf())
    return shelf


class _Shelf:
    """A place for each batch, as it stands."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._places: dict[tuple[Any, ...], _Place] = {}

    def place(self, batch: Batch) -> "_Place":
        key = (batch.id, batch.status, batch.held_at)  # a change of state shows at once
        with self._lock:
            if len(self._places) >= BATCHES_KEPT and key not in self._places:
                self._places.clear()
            return self._places.setdefault(key, _Place())

    def drop(self, batch: Batch) -> None:
        with self._lock:
            self._places = {key: place for key, place in self._places.items() if key[0] != batch.id}


class _Place:
    """The newest progress of one batch, with one asker at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: Progress | None = None
        self._found_at = self._fresh_until = self._steps_fresh_until = 0.0
        self._steps_of: Figures | None = None  # the figures when the steps were counted

    @property
    def is_new(self) -> bool:
        return time.monotonic() < self._fresh_until

    def kept(self) -> Progress | None:
        return self._found if time.monotonic() < self._found_at + KEPT_AT_MOST else None

    def renewed(self, batch: Batch) -> Progress:
        with self._lock:
            if self._found is None or not self.is_new:
                self._read(batch)
            assert self._found is not None
            return self._found

    def renew(self, batch: Batch) -> None:
        """Does nothing while somebody else does."""
        if self._lock.acquire(blocking=False):
            try:
                if not self.is_new:
                    self._read(batch)
            finally:
                self._lock.release()

    def _read(self, batch: Batch) -> None:
        began = time.monotonic()
        known = self._found
        counts_steps = known is None or (began >= self._steps_fresh_until and known.figures != self._steps_of)
        found = read_progress(batch, None if counts_steps else known)
        ended = time.monotonic()
        self._found, self._found_at = found, ended
        self._fresh_until = ended + min(KEPT_AT_MOST, max(KEPT_AT_LEAST, COST_SHARE * (ended - began)))
        if counts_steps:
            kept = min(STEPS_KEPT_AT_MOST, max(KEPT_AT_LEAST, STEPS_COST_SHARE * (ended - began)))
            self._fresh_until, self._steps_fresh_until = ended + KEPT_AT_LEAST, ended + kept
            self._steps_of = found.figures
