"""The smart host, over connections that stay open: many of them driven by one thread.

The thread that sends calls start() and wait(); only opening a connection happens in a thread of its own. That is
faster here than a thread per connection, and it lets all answers that came meanwhile be recorded in one transaction.
"""

import contextlib
import queue
import selectors
import socket
import threading
import time
from collections.abc import Callable

from messaging.config import SmartHost
from messaging.gateways.base import Answer, Outcome, Parcel, Stage
from messaging.gateways.smtp_connection import NEVER, Connection, GoingAhead, Lost
from messaging.gateways.smtp_dialogue import NotAReply, is_address
from messaging.gateways.smtp_opening import CannotOpen, Opened, event, open_connection


def nothing() -> None:
    """Follows."""


class SmtpGateway:
    """Up to as many connections as grow() was told. Not for several threads at once."""

    def __init__(
        self,
        host: SmartHost,
        *,
        hello: str,
        timeout: float,
        messages_per_connection: int,
        opener: Callable[..., Opened] = open_connection,
    ) -> None:
        self._host = host
        self._hello = hello
        self._timeout = timeout
        self._messages_per_connection = messages_per_connection
        self._opener = opener
        self._selector = selectors.DefaultSelector()
        self._connections: set[Connection] = set()
        self._idle: list[Connection] = []
        self._preparing: dict[int, Connection] = {}  # by message: its envelope was sent, and it was not released
        self._ahead = GoingAhead()
        self._wanted = 0
        self._opening = 0
        self._generation = 0
        self._arrivals: queue.SimpleQueue[tuple[int, Opened | Answer]] = queue.SimpleQueue()
        self._bell, self._bell_rope = socket.socketpair()
        self._bell.setblocking(False)
        self._selector.register(self._bell, selectors.EVENT_READ, None)
        self._next_look = 0.0
        self.following: Callable[[], Parcel | None] = nothing  # asked when an envelope can go with a content
        self.failures: list[Answer] = []  # of connections that could not be opened, or ended and had answered nothing

    @property
    def open(self) -> int:
        """Connections that are open or being opened: what counts against the limit."""
        return len(self._connections) + self._opening

    @property
    def ready(self) -> int:
        return len(self._idle)

    @property
    def established(self) -> int:
        return len(self._connections)

    def grow(self, to: int) -> None:
        """Opens connections until there are so many."""
        self._wanted = to
        while self.open < to:
            self._opening += 1
            threading.Thread(target=self._open_one, args=[self._generation], name="smtp-open", daemon=True).start()

    def shrink(self, to: int) -> None:
        """Closes idle connections while there are more than that; busy ones are left to finish.

        One that is open is not given up for one that is only being opened, which may yet be refused.
        """
        self._wanted = to
        while len(self._connections) > to and self._idle:
            self._drop(self._idle[-1])

    @staticmethod
    def can_carry(parcel: Parcel) -> bool:
        """Whether its addresses can stand in a command at all."""
        return is_address(parcel.sender) and is_address(parcel.recipient)

    def start(self, parcel: Parcel) -> None:
        """Gives it to an idle connection, whole. Raises ValueError for an address that cannot stand in a command."""
        self.prepare(parcel)
        self.release(parcel)

    def prepare(self, parcel: Parcel) -> None:
        """Its envelope, on an idle connection; nothing of the message leaves. Raises ValueError as start() does."""
        connection = self._idle[-1]
        envelope = self._begin(connection, parcel)
        self._idle.pop()
        self._send(connection, envelope)

    def release(self, parcel: Parcel) -> None:
        """Its content may leave, and with it the envelope of a following message where that is possible."""
        connection = self._preparing.pop(parcel.message_id)
        connection.released_at = time.monotonic()
        if out := connection.dialogue.release():
            self._send(connection, out)

    def waiting(self) -> list[int]:
        """The messages whose turn it is on their connection, and that were not released."""
        found = (connection.dialogue.waiting for connection in self._connections)
        return [parcel.message_id for parcel in found if parcel is not None]

    def withdraw(self, hanging_for: float = 0.0) -> list[int]:
        """Takes back all that were prepared and not released; their connections carry no other.

        Or only those behind a message that has been unanswered for so many seconds.
        """
        now, taken = time.monotonic(), []
        for connection in list(self._connections):
            if hanging_for and now - connection.released_at < hanging_for:
                continue
            parcel = connection.dialogue.withdraw()
            if parcel is not None:
                taken.append(parcel.message_id)
                del self._preparing[parcel.message_id]
                if connection.dialogue.must_close:
                    self._drop(connection)
        self._ahead.withdrawn(taken)
        return taken

    def ring(self) -> None:
        """Ends a wait(). From any thread."""
        with contextlib.suppress(OSError):
            self._bell_rope.send(b"!")

    def wait(self, seconds: float) -> list[Outcome]:
        """What was answered, as soon as there is something, and at the latest after so many seconds."""
        outcomes: list[Outcome] = []
        for key, events in self._selector.select(seconds):
            connection: Connection | None = key.data
            if connection is None:
                self._welcome()
            elif connection in self._connections:
                if events & selectors.EVENT_WRITE:
                    connection.flush()
                    self._watch(connection)
                if events & selectors.EVENT_READ:
                    self._read(connection, outcomes)
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + min(0.5, self._timeout / 4)
            self._give_up_on_silent_ones(now, outcomes)
        return outcomes

    def close(self) -> list[Outcome]:
        """Closes everything at once, and says what became of what was in flight."""
        outcomes: list[Outcome] = []
        self._generation += 1
        for connection in list(self._connections):
            self._lose(connection, "we had to stop", outcomes)
        return outcomes

    def dispose(self) -> None:
        """Closes everything, for good."""
        self.close()
        deadline = time.monotonic() + self._timeout
        while self._opening and time.monotonic() < deadline:
            self.wait(0.05)
        for thing in (self._selector, self._bell, self._bell_rope):
            thing.close()

    def _open_one(self, generation: int) -> None:
        found: Opened | Answer
        try:
            found = self._opener(self._host, hello=self._hello, timeout=self._timeout)
        except CannotOpen as error:
            found = error.answer
        except Exception as error:  # whatever else: the sender must hear of it, or it would wait for ever
            found = Answer(Stage.CONNECT, None, event(error))
        self._arrivals.put((generation, found))
        self.ring()

    def _welcome(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._bell.recv(1024)
        while not self._arrivals.empty():
            generation, found = self._arrivals.get()
            self._opening -= 1
            if isinstance(found, Answer):
                self.failures.append(found)
            elif generation != self._generation or self.open >= self._wanted:
                found.client.close()
            else:
                connection = Connection(found, self._timeout)
                self._connections.add(connection)
                self._idle.append(connection)
                self._selector.register(connection.socket, selectors.EVENT_READ, connection)

    def _send(self, connection: Connection, data: bytes) -> None:
        other = self.following() if self._takes_another(connection) else None
        if other is None:
            connection.send(data)
        else:
            connection.send(data, self._begin(connection, other))
            self._ahead.went(other.message_id)
        self._watch(connection)

    def _begin(self, connection: Connection, parcel: Parcel) -> bytes:
        envelope = connection.dialogue.begin(parcel)
        connection.carried += 1
        self._preparing[parcel.message_id] = connection
        return envelope

    def _takes_another(self, connection: Connection) -> bool:
        is_spent = connection.carried >= self._messages_per_connection or self.open > self._wanted
        return not is_spent and connection.dialogue.can_follow and self._ahead.is_allowed

    def _watch(self, connection: Connection) -> None:
        """Waits for it to take more, while it has more to send."""
        if bool(connection.unsent) != connection.is_held_up:
            connection.is_held_up = bool(connection.unsent)
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.unsent else 0)
            self._selector.modify(connection.socket, events, connection)

    def _read(self, connection: Connection, outcomes: list[Outcome]) -> None:
        try:
            while connection in self._connections and (data := connection.read()):
                self._heard(connection, data, outcomes)
                if not connection.may_hold_more(data):
                    return
        except Lost as error:
            self._lose(connection, error.why, outcomes)
        except NotAReply:
            self._lose(connection, "it did not speak SMTP", outcomes)

    def _heard(self, connection: Connection, data: bytes, outcomes: list[Outcome]) -> None:
        dialogue = connection.dialogue
        out, found = dialogue.feed(data)
        self._note(connection, found, outcomes)
        if found and not connection.has_sent_dot:
            self._lose(connection, "it answered before it had the message", outcomes)
        elif dialogue.must_close or (dialogue.is_idle and connection.carried >= self._messages_per_connection):
            self._drop(connection)
        elif out:
            self._send(connection, out)
        elif found or dialogue.is_quiet:
            connection.set_deadline()
            if found and dialogue.is_idle:
                self._idle.append(connection)

    def _note(
        self, connection: Connection, found: list[Outcome], outcomes: list[Outcome], *, in_silence: bool = False
    ) -> None:
        """Hands them on. A connection that ends and never answered anything, other than by goodbye, is a failure."""
        if not found:
            return
        outcomes += found
        self._ahead.heard(found, in_silence=in_silence)
        connection.released_at = NEVER
        for outcome in found:
            self._preparing.pop(outcome.parcel.message_id, None)
            connection.answered += outcome.answer.code not in (None, 421)
        if connection.dialogue.must_close and not connection.answered:
            self.failures.append(found[0].answer)

    def _give_up_on_silent_ones(self, now: float, outcomes: list[Outcome]) -> None:
        for connection in [one for one in self._connections if now >= one.deadline]:
            self._lose(connection, "it did not answer in time", outcomes, in_silence=True)

    def _lose(self, connection: Connection, why: str, outcomes: list[Outcome], *, in_silence: bool = False) -> None:
        found = connection.dialogue.give_up(why, all_sent=connection.has_sent_dot)
        self._note(connection, found, outcomes, in_silence=in_silence)
        self._drop(connection)

    def _drop(self, connection: Connection) -> None:
        self._selector.unregister(connection.socket)
        self._connections.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        connection.close()
