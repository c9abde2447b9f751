"""What a round does in the database: beside the network, in threads of its own, and one claim and one commit at a time.

What finished, and the start of what may leave next, are one transaction. Results that come while it runs wait for the
next, so that a slow database makes larger groups by itself.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import current_app

from messaging import claims
from messaging.claims import BatchIds, Claimed
from messaging.db import db
from messaging.lane import Lane
from messaging.models import WhenInDoubt
from messaging.results import Result
from messaging.turns import turn


@dataclass(slots=True)
class Group:
    """What one commit records."""

    results: list[Result] = field(default_factory=list)
    came_back: list[int] = field(default_factory=list)
    starting: list[int] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.results or self.came_back or self.starting)


class Desk:
    """`next` is what the next commit will record. `insist` runs an action until the database lets it."""

    def __init__(
        self,
        batch: BatchIds,
        worker: str,
        when_in_doubt: WhenInDoubt,
        insist: Callable[[Callable[[], Any]], Any],
        ring: Callable[[], None],
    ) -> None:
        self._batch, self._worker, self._when_in_doubt, self._insist = batch, worker, when_in_doubt, insist
        app = current_app._get_current_object()  # type: ignore[attr-defined]
        has_one_writer = db.engine.dialect.name == "sqlite"
        self._turns = Lane(app, ring)
        self._claims = self._turns if has_one_writer else Lane(app, ring)
        self._committing = Group()
        self.next = Group()

    @property
    def is_busy(self) -> bool:
        return self._turns.is_busy or self._claims.is_busy

    @property
    def can_claim(self) -> bool:
        return not self._claims.is_busy

    @property
    def can_commit(self) -> bool:
        return not self._turns.is_busy

    def claim(self, limit: int, then: Callable[[list[Claimed]], None]) -> None:
        batch, worker = self._batch, self._worker
        self._claims.begin(lambda: self._insist(lambda: claims.claim(batch, worker, limit)), then)

    def commit(self, then: Callable[[list[int], set[int]], None]) -> None:
        """Commits `next`. `then` is told which were to start, and which of them may now leave."""
        self._committing, self.next = self.next, Group()

        def committed(may_leave: set[int]) -> None:
            starting, self._committing = self._committing.starting, Group()
            then(starting, may_leave)

        self._turns.begin(lambda: self._insist(self._record), committed)

    def is_being_started(self, message_id: int) -> bool:
        """Whether the commit that runs will have marked it as started."""
        return message_id in self._committing.starting

    def collect(self, *, wait: bool = False) -> None:
        """Hands over what is done, in the caller's thread."""
        self._turns.collect(wait=wait)
        self._claims.collect(wait=wait)

    def close(self) -> None:
        for lane in {self._turns, self._claims}:
            lane.close()

    def commit_the_rest(self) -> None:
        """Here and now. There is some only when an error ended the round."""
        last, now = self._committing, self.next
        self._committing = Group([*last.results, *now.results], [*last.came_back, *last.starting, *now.came_back])
        if self._committing:
            self._insist(self._record)

    def _record(self) -> set[int]:
        group = self._committing
        return turn(self._batch.id, self._worker, group.results, group.came_back, group.starting, self._when_in_doubt)
