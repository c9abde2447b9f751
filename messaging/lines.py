"""The lines to the smart host: as many as this worker may have and can use; after trouble one alone, and later."""

import logging
import time

from messaging.gateways.base import Answer
from messaging.sender import Sender

SHARE_EVERY = 2.0  # seconds …
CHANGING_EVERY = 0.2  # … while it has fewer than it could use, or must give some up: the others wait for it
SETBACKS_TO_END = 4  # in a row, 1, 2 and 4 seconds apart; after that the sweep comes back

log = logging.getLogger(__name__)


class Lines:
    def __init__(self, sender: Sender) -> None:
        self._gateway, self._standing, self._pace = sender.gateway, sender.standing, sender.pace
        self._enough = sender.connections  # until the smart host takes no more of them at once
        self._granted = 0
        self._next_share = self._next_try = 0.0

    def mind(self, now: float, *, to_send: int | None, may_open: bool) -> None:
        """`to_send` when that is all that is left. One alone until it is known that it carries."""
        if now >= self._next_share:
            wanted = self._enough if to_send is None else min(self._enough, max(1, to_send))
            if not self._standing.is_proven:
                wanted = min(wanted, max(1, self._gateway.open))
            self._granted = self._pace.share(self._gateway.open, wanted)
            is_settled = self._granted >= max(wanted, self._gateway.open)
            self._next_share = now + (SHARE_EVERY if is_settled else CHANGING_EVERY)
        if self._gateway.open > self._granted:
            self._gateway.shrink(self._granted)
        elif self._gateway.open < self._granted and now >= self._next_try and may_open:
            self._gateway.grow(self._granted if self._standing.is_proven else 1)

    def ask_soon(self) -> None:
        """For more of them."""
        self._next_share = 0.0

    def rests(self, now: float) -> bool:
        """Whether it is too soon after a setback to send anything new."""
        return now < self._next_try

    def failures(self) -> list[Answer]:
        """Of those that could not be opened, or ended without an answer to anything: the ones that are a setback.

        While others carry, that is none, but the smart host's limit, which holds for the rest of the round.
        """
        failures = self._gateway.failures.copy()
        self._gateway.failures.clear()
        if failures and self._standing.is_proven and self._gateway.established:
            self._enough, self._next_share = self._gateway.established, 0.0
            return []
        return failures

    def setback(self, answer: Answer) -> int:
        """Answers how many there were in a row. Ten lines that fail together are one."""
        now = time.monotonic()
        if not self.rests(now):
            self._standing.had_setback(answer)
            count = self._standing.setbacks
            log.warning("smart host: setback %d stage=%s code=%s", count, answer.stage, answer.code)
            self._next_try = self._next_share = now + 2.0 ** min(count - 1, 4)
        return self._standing.setbacks
