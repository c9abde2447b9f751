"""One round of sending a batch, by one worker: claim, write, hand over on many connections, record.

The loop is one thread. Each turn it waits for answers, records them together with the start of the next messages in
one transaction, and hands those over. Nothing of the database is held while it waits.
"""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from messaging import claims
from messaging.answers import Judgement, Verdict, judge
from messaging.claims import Claimed
from messaging.gateways.base import Answer, Outcome, Stage
from messaging.holds import hold, note_waiting
from messaging.insistence import insist
from messaging.models import Batch, WhenInDoubt
from messaging.pile import Pile, Ready
from messaging.reasons import Reason
from messaging.results import Result
from messaging.sender import Sender
from messaging.turns import turn

T = TypeVar("T")

ROUND_SECONDS = 30.0  # then other batches have their turn …
LONGEST_ROUND_SECONDS = 240.0  # … but while one message hangs, the others are better sent than kept waiting
HANGING_SECONDS = 2.0
CHUNK = 200  # messages claimed at once
SLOWED_AT_MOST = 1_000  # messages in hand for whose domain it is too soon
SHARE_EVERY = 2.0  # seconds
EXTEND_EVERY = 15.0  # a third of a lease
SETBACKS_TO_END = 4  # in a row, 1, 2 and 4 seconds apart; after that the sweep comes back
BACK_LIMIT = 3  # connections that may end under one message before it waits like one that was put off
GATHER_SECONDS = 0.002  # that answers are waited for to share a commit, where the smart host is so quick that it pays
QUICK_SECONDS = 0.01
DRAIN_SECONDS = 18.0  # after SIGTERM, for what is in flight
DATABASE_SECONDS = 600.0  # that a round waits for a database that is away

log = logging.getLogger(__name__)


class Round:
    """Used once. `run()` answers whether messages may be left that could leave now."""

    def __init__(self, batch: Batch, sender: Sender, seconds: float = ROUND_SECONDS) -> None:
        self._batch = batch
        self._sender = sender
        self._gateway = sender.gateway
        self._standing = sender.standing
        self._pile = Pile(batch, sender.pace)
        self._when_in_doubt: WhenInDoubt = batch.organisation.when_in_doubt
        self._in_flight: dict[int, tuple[float, Claimed]] = {}  # with the time they left; the oldest first
        self._probe: int | None = None  # sent alone, because it is not known whether a connection carries
        self._results: list[Result] = []
        self._came_back: list[int] = []
        now = time.monotonic()
        self._began = now
        self._seconds = seconds
        self._granted = 0
        self._answers_after = QUICK_SECONDS  # seconds, of late
        self._enough = sender.connections  # until the smart host takes no more of them at once
        self._next_share = self._next_token = self._next_try = 0.0
        self._next_extension = now + EXTEND_EVERY
        self._stopped_at: float | None = None
        self._nothing_due = False
        self._over = False
        self._is_noted_as_waiting = batch.waiting_since is not None

    def run(self) -> bool:
        self._standing.begin_round()
        try:
            while not self._is_finished():
                self._turn()
        finally:
            self._close()
        return not (self._nothing_due or self._standing.hold_because or self._standing.trouble)

    def _is_finished(self) -> bool:
        if self._in_flight or self._results or self._came_back:
            return False
        return self._over or (self._nothing_due and not self._pile)

    def _turn(self) -> None:
        now = time.monotonic()
        self._mind_the_clock(now)
        self._mind_connections(now)
        self._claim()
        self._commit(self._next(now))
        self._pile.write_ahead(0 if self._over else self._gateway.in_flight)
        self._listen(self._patience(now))
        self._mind_failures(now)

    def _listen(self, seconds: float) -> None:
        """Takes the answers that are there, and those that come within a moment: one commit serves them all."""
        for outcome in self._gateway.wait(seconds):
            self._heard(outcome)
        until = time.monotonic() + (GATHER_SECONDS if self._answers_after < QUICK_SECONDS else 0.0)
        while self._results and self._in_flight and (left := until - time.monotonic()) > 0:
            for outcome in self._gateway.wait(left):
                self._heard(outcome)

    def _mind_the_clock(self, now: float) -> None:
        if now - self._began >= self._seconds:
            hangs = self._in_flight and now - next(iter(self._in_flight.values()))[0] > HANGING_SECONDS
            if not hangs or now - self._began >= LONGEST_ROUND_SECONDS:
                self._over = True
        if self._sender.stopping.is_set():
            self._over = True
            self._stopped_at = self._stopped_at or now
            if now - self._stopped_at >= DRAIN_SECONDS:
                for outcome in self._gateway.close():
                    self._heard(outcome)
        if now >= self._next_extension:
            self._next_extension = now + EXTEND_EVERY
            self._insist(lambda: claims.extend(self._batch.id, self._sender.name))

    def _mind_connections(self, now: float) -> None:
        """As many as this worker may have and can use; one alone until it is known that it carries."""
        if now >= self._next_share:
            self._next_share = now + SHARE_EVERY
            wanted = self._enough
            if self._nothing_due:
                wanted = min(wanted, max(1, len(self._pile) + len(self._in_flight)))
            if not self._standing.is_proven:
                wanted = min(wanted, max(1, self._gateway.open))
            self._granted = self._sender.pace.share(self._gateway.open, wanted)
        if self._gateway.open > self._granted:
            self._gateway.shrink(self._granted)
        elif self._gateway.open < self._granted and now >= self._next_try and not self._over:
            self._gateway.grow(self._granted if self._standing.is_proven else 1)

    def _claim(self) -> None:
        """Never before a connection is open, and no more than can leave soon."""
        enough = self._pile.at_hand >= self._gateway.established or self._pile.slowed >= SLOWED_AT_MOST
        if self._over or self._nothing_due or enough:
            return
        limit = CHUNK if self._standing.is_proven else 1
        found = self._insist(lambda: claims.claim(self._batch, self._sender.name, limit))
        self._pile.add(found)
        self._nothing_due = not found

    def _next(self, now: float) -> list[Ready]:
        """The next message for each idle connection, as far as the rates allow."""
        self._pile.let_slow_ones_go()
        wanted = min(self._gateway.ready, self._pile.at_hand)
        if not self._standing.is_proven:
            wanted = min(wanted, 1 - len(self._in_flight))
        if self._over or wanted <= 0 or now < max(self._next_token, self._next_try):
            return []
        allowed, wait = self._sender.pace.take(wanted)
        self._next_token = now + wait
        return self._pile.take(allowed)

    def _commit(self, ready: list[Ready]) -> None:
        """One transaction: what finished, and the start of what leaves next. Then, and only then, it leaves."""
        if not (ready or self._results or self._came_back):
            return

        ids = [one.message.id for one in ready]
        may_leave = self._insist(
            lambda: turn(self._batch.id, self._sender.name, self._results, self._came_back, ids, self._when_in_doubt)
        )
        self._results = []
        self._came_back = []
        for one in ready:
            if one.message.id in may_leave:
                self._hand_over(one)
            else:
                self._over = True  # stopped, held, or no longer ours

    def _hand_over(self, one: Ready) -> None:
        try:
            self._gateway.start(one.parcel)
        except ValueError:  # no server could be told such an address
            answer = Answer(Stage.RCPT, None, "5.1.3 This address cannot be written in an SMTP command")
            judgement = Judgement(Verdict.FAILED, Reason.NO_SUCH_MAILBOX, for_good=True)
            self._results.append(Result(one.message, judgement, answer))
        else:
            self._in_flight[one.message.id] = (time.monotonic(), one.message)
            self._probe = None if self._standing.is_proven else one.message.id

    def _heard(self, outcome: Outcome) -> None:
        left, message = self._in_flight.pop(outcome.parcel.message_id)
        self._answers_after += (time.monotonic() - left - self._answers_after) / 16
        was_proven = self._standing.is_proven
        judgement = self._standing.heard(
            judge(outcome), outcome.answer, message.was_refused_for_us, was_probe=message.id == self._probe
        )
        if self._standing.is_proven and not was_proven:
            self._next_share = 0.0
        if judgement.verdict is not Verdict.BACK:
            self._results.append(Result(message, judgement, outcome.answer))
            return
        message.comes_back += 1
        if message.comes_back >= BACK_LIMIT:
            self._results.append(Result(message, Judgement(Verdict.LATER), outcome.answer))
            return
        self._came_back.append(message.id)
        self._pile.put_back(message)
        if outcome.answer.code not in (None, 421):
            self._setback(outcome.answer)

    def _mind_failures(self, now: float) -> None:
        """Connections that could not be opened, or ended without an answer to anything; words that cannot be filled.

        While others carry, that is no setback but the smart host's limit, which holds for the rest of the round.
        """
        for failure in self._gateway.failures:
            if self._standing.is_proven and self._gateway.established:
                self._enough, self._next_share = self._gateway.established, 0.0
            else:
                self._setback(failure)
        self._gateway.failures.clear()
        if self._pile.cannot_write:
            self._standing.hold_because = self._pile.cannot_write
        if self._standing.hold_because:
            self._over = True
        if self._is_noted_as_waiting and self._standing.is_proven:
            self._is_noted_as_waiting = False
            self._insist(lambda: note_waiting(self._batch.id, ""))

    def _setback(self, answer: Answer) -> None:
        """Ten connections that fail together are one setback."""
        if time.monotonic() < self._next_try:
            return
        self._standing.had_setback(answer)
        count = self._standing.setbacks
        log.warning("smart host: setback %d stage=%s code=%s", count, answer.stage, answer.code)
        self._next_try = self._next_share = time.monotonic() + 2.0 ** min(count - 1, 4)
        if count >= SETBACKS_TO_END:
            self._over = True

    def _patience(self, now: float) -> float:
        """Seconds to wait for the network before looking round."""
        if self._results or self._came_back or (self._over and not self._in_flight):
            return 0.0
        if self._pile.slowed or self._next_token > now:
            return 0.02
        return 0.25

    def _insist(self, action: Callable[[], T]) -> T:
        def is_enough() -> bool:
            since = self._stopped_at if self._sender.stopping.is_set() else self._began + LONGEST_ROUND_SECONDS
            limit = DRAIN_SECONDS if self._sender.stopping.is_set() else DATABASE_SECONDS
            return since is not None and time.monotonic() - since > limit

        return insist(action, is_enough)

    def _close(self) -> None:
        """Gives back what was not started, and says why it ended, when that was for a reason."""
        if self._in_flight:
            for outcome in self._gateway.close():
                self._heard(outcome)
        self._commit([])
        if self._standing.hold_because:
            self._insist(lambda: hold(self._batch.id, self._standing.hold_because))
        elif self._standing.trouble is not None:
            because = self._standing.trouble.words
            self._insist(lambda: note_waiting(self._batch.id, because))
        if self._insist(lambda: claims.give_back(self._batch.id, self._sender.name)):
            self._nothing_due = False
