"""One round of sending a batch, by one worker: claim, write, hand over on many connections, record.

One thread drives the network and one the database, so that neither waits for the other. The envelopes of messages go
ahead; what has finished, and the start of the messages whose turn it is, are committed together, and only then their
contents leave. Nothing of the database is held while the network is waited for.
"""

import time
from collections.abc import Callable
from typing import TypeVar

from messaging import claims
from messaging.answers import Judgement, Verdict, judge
from messaging.claims import BatchIds, Claimed
from messaging.desk import Desk
from messaging.flight import Flight
from messaging.gateways.base import Answer, End, Outcome, Stage
from messaging.holds import hold, note_waiting
from messaging.insistence import insist
from messaging.lines import SETBACKS_TO_END, Lines
from messaging.models import Batch
from messaging.pile import Pile, Ready
from messaging.reasons import Reason
from messaging.results import Result
from messaging.sender import Sender

T = TypeVar("T")

ROUND_SECONDS = 30.0  # then other batches have their turn …
LONGEST_ROUND_SECONDS = 240.0  # … but while one message hangs, the others are better sent than kept waiting
HANGING_SECONDS = 2.0
CHUNK = 200  # messages claimed at once …
FEW = 100  # … when there are fewer than that
SLOWED_AT_MOST = 1_000  # messages in hand for whose domain it is too soon
EXTEND_EVERY = 15.0  # a third of a lease
BACK_LIMIT = 3  # connections that may end under one message before it waits like one that was put off
GATHER_SECONDS = 0.002  # that answers are waited for to share a commit, where the smart host is so quick that it pays
QUICK_SECONDS = 0.01
DRAIN_SECONDS = 18.0  # after SIGTERM, for what is in flight
DATABASE_SECONDS = 600.0  # that a round waits for a database that is away


class Round:
    """Used once. `run()` answers whether messages may be left that could leave now."""

    def __init__(self, batch: Batch, sender: Sender, seconds: float = ROUND_SECONDS) -> None:
        self._batch = BatchIds(batch.id, batch.organisation_id)
        self._sender = sender
        self._gateway = sender.gateway
        self._standing = sender.standing
        self._pile = Pile(batch, sender.pace)
        self._lines = Lines(sender)
        self._flight = Flight(sender.gateway, self._follow)
        when_in_doubt = batch.organisation.when_in_doubt
        self._desk = Desk(self._batch, sender.name, when_in_doubt, self._insist, self._gateway.ring)
        self._probe: int | None = None  # sent alone, because it is not known whether a connection carries
        now = time.monotonic()
        self._began = now
        self._seconds = seconds
        self._answers_after = QUICK_SECONDS  # seconds, of late
        self._gather_until = self._next_token = 0.0
        self._next_extension = now + EXTEND_EVERY
        self._stopped_at: float | None = None
        self._nothing_due = False
        self._over = False  # nothing new is begun
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
        if self._flight or self._desk.next or self._desk.is_busy:
            return False
        return self._over or (self._nothing_due and not self._pile)

    def _turn(self) -> None:
        now = time.monotonic()
        self._mind_the_clock(now)
        self._desk.collect()
        to_send = len(self._pile) + len(self._flight) if self._nothing_due else None
        self._lines.mind(now, to_send=to_send, may_open=not self._over)
        self._claim()
        self._prepare(now)
        self._commit(now)
        self._pile.write_ahead(0 if self._over else self._gateway.established)
        for outcome in self._gateway.wait(self._patience(now)):
            self._heard(outcome)
        self._mind_failures()

    def _mind_the_clock(self, now: float) -> None:
        hangs = self._flight.oldest(now) > HANGING_SECONDS
        if hangs:
            self._take_back(HANGING_SECONDS)
        if now - self._began >= self._seconds and (not hangs or now - self._began >= LONGEST_ROUND_SECONDS):
            self._over = True
        if self._sender.stopping.is_set():
            self._stopped_at = self._stopped_at or now
            self._end_at_once()
            if now - self._stopped_at >= DRAIN_SECONDS:
                for outcome in self._gateway.close():
                    self._heard(outcome)
        if now >= self._next_extension:
            self._next_extension = now + EXTEND_EVERY
            self._insist(lambda: claims.extend(self._batch.id, self._sender.name))

    def _end_at_once(self) -> None:
        """What is in flight is waited for; nothing else leaves."""
        self._over = True
        self._take_back()

    def _take_back(self, hanging_for: float = 0.0) -> None:
        for message in self._flight.withdraw(hanging_for):
            self._back(message)

    def _claim(self) -> None:
        """Never before a connection is open, and no more than can leave soon."""
        few = max(FEW, self._gateway.established) if self._standing.is_proven else 1
        enough = not self._gateway.established or self._pile.at_hand >= few or self._pile.slowed >= SLOWED_AT_MOST
        if self._over or self._nothing_due or enough or not self._desk.can_claim:
            return
        self._desk.claim(CHUNK if self._standing.is_proven else 1, self._claimed)

    def _claimed(self, found: list[Claimed]) -> None:
        self._pile.add(found)
        self._nothing_due = not found

    def _prepare(self, now: float) -> None:
        """The envelope of the next message on each idle connection."""
        self._pile.let_slow_ones_go()
        for ready in self._take(self._gateway.ready, now):
            self._probe = None if self._standing.is_proven else ready.message.id
            self._flight.prepare(ready)

    def _follow(self) -> Ready | None:
        """The message whose envelope may go with the content of the one before it."""
        taken = self._take(1, time.monotonic()) if self._standing.is_proven else []
        return taken[0] if taken else None

    def _take(self, wanted: int, now: float) -> list[Ready]:
        """The next messages, as far as the rates allow."""
        wanted = min(wanted, self._pile.at_hand)
        if not self._standing.is_proven:
            wanted = min(wanted, 1 - len(self._flight))
        if self._over or wanted <= 0 or now < self._next_token or self._lines.rests(now):
            return []
        allowed, wait = self._sender.pace.take(wanted)
        self._next_token = now + wait
        return [ready for ready in self._pile.take(allowed) if self._can_be_said(ready)]

    def _can_be_said(self, ready: Ready) -> bool:
        """Whether a server could be told its addresses at all: if not, that patient has failed."""
        if self._gateway.can_carry(ready.parcel):
            return True
        answer = Answer(Stage.RCPT, None, "5.1.3 This address cannot be written in an SMTP command")
        judgement = Judgement(Verdict.FAILED, Reason.NO_SUCH_MAILBOX, for_good=True)
        self._desk.next.results.append(Result(ready.message, judgement, answer))
        return False

    def _commit(self, now: float) -> None:
        """One transaction: what finished, and the start of those whose turn it is. Only after it they leave."""
        if not self._desk.can_commit:
            return
        self._desk.next.starting = self._flight.waiting()
        if self._desk.next and not self._is_gathering(now):
            self._desk.commit(self._committed)

    def _is_gathering(self, now: float) -> bool:
        """More answers will come within a moment: one commit serves them all."""
        is_quick = self._answers_after < QUICK_SECONDS
        return is_quick and self._flight.is_anything_unanswered and now < self._gather_until

    def _committed(self, starting: list[int], may_leave: set[int]) -> None:
        """Then, and only then, they leave: those that are still where they were when the commit began."""
        is_refused = len(may_leave) < len(starting)
        self._over = self._over or is_refused
        for message_id in starting:
            if message_id in may_leave and message_id not in self._desk.next.came_back:
                self._flight.release(message_id)
        if is_refused:
            self._end_at_once()  # stopped, held, or no longer ours

    def _heard(self, outcome: Outcome) -> None:
        message, left = self._flight.heard(outcome)
        if outcome.end is End.UNTOUCHED:
            self._back(message, was_started=left is not None)
            return
        now = time.monotonic()
        if left is not None:
            self._answers_after += (now - left - self._answers_after) / 16
        was_proven = self._standing.is_proven
        judgement = self._standing.heard(
            judge(outcome), outcome.answer, message.was_refused_for_us, was_probe=message.id == self._probe
        )
        if self._standing.is_proven and not was_proven:
            self._lines.ask_soon()
        if was_proven and not self._standing.is_proven:
            self._take_back()
        if judgement.verdict is not Verdict.BACK:
            self._has_result(Result(message, judgement, outcome.answer), now)
            return
        message.comes_back += 1
        if message.comes_back >= BACK_LIMIT:
            self._has_result(Result(message, Judgement(Verdict.LATER), outcome.answer), now)
            return
        self._back(message, was_started=left is not None)
        if outcome.answer.code not in (None, 421):
            self._setback(outcome.answer)

    def _has_result(self, result: Result, now: float) -> None:
        if not self._desk.next.results:
            self._gather_until = now + GATHER_SECONDS
        self._desk.next.results.append(result)

    def _back(self, message: Claimed, *, was_started: bool = False) -> None:
        """It did not leave, and is the next. What is being committed as started must be unmarked again."""
        self._pile.put_back(message)
        if was_started or self._desk.is_being_started(message.id):
            self._desk.next.came_back.append(message.id)

    def _mind_failures(self) -> None:
        """Connections that came to nothing; words that cannot be filled."""
        for failure in self._lines.failures():
            self._setback(failure)
        if self._pile.cannot_write:
            self._standing.hold_because = self._pile.cannot_write
        if self._standing.hold_because:
            self._end_at_once()
        if self._is_noted_as_waiting and self._standing.is_proven:
            self._is_noted_as_waiting = False
            self._insist(lambda: note_waiting(self._batch.id, ""))

    def _setback(self, answer: Answer) -> None:
        self._over = self._lines.setback(answer) >= SETBACKS_TO_END or self._over
        self._take_back()

    def _patience(self, now: float) -> float:
        """Seconds to wait for the network and the database before looking round."""
        if self._desk.next and self._desk.can_commit:
            return max(0.0, self._gather_until - time.monotonic())
        if self._over and not self._flight and not self._desk.is_busy:
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
        self._end_at_once()
        try:
            self._desk.collect(wait=True)
        finally:
            self._desk.close()
            for outcome in self._flight.land():
                self._heard(outcome)
            self._desk.commit_the_rest()
        if self._standing.hold_because:
            self._insist(lambda: hold(self._batch.id, self._standing.hold_because))
        elif self._standing.trouble is not None:
            because = self._standing.trouble.words
            self._insist(lambda: note_waiting(self._batch.id, because))
        if self._insist(lambda: claims.give_back(self._batch.id, self._sender.name)):
            self._nothing_due = False
