"""The smart host, over connections that stay open: many of them driven by one thread.

The thread that sends calls start() and wait(); only opening a connection happens in a thread of its own. That is
faster here than a thread per connection, and it lets all answers that came meanwhile be recorded in one transaction.
"""

import contextlib
import queue
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable

from messaging.config import SmartHost
from messaging.gateways.base import Answer, Outcome, Parcel, Stage
from messaging.gateways.smtp_dialogue import Dialogue, NotAReply
from messaging.gateways.smtp_opening import CannotOpen, Opened, event, open_connection

READ_AT_ONCE = 65_536
PATIENCE_AFTER_DOT = 10  # times the timeout …
LONGEST_AFTER_DOT = 600.0  # … up to the ten minutes that RFC 5321 section 4.5.3.2 asks for there


class Connection:
    """One open connection. `carried` counts the messages that it was given."""

    def __init__(self, opened: Opened) -> None:
        self.client = opened.client
        self.socket = opened.socket
        self.socket.setblocking(False)
        self.dialogue = Dialogue(opened.features)
        self.unsent = memoryview(b"")
        self.carried = 0
        self.answered = 0  # of them, other than by goodbye
        self.deadline = float("inf")

    @property
    def is_idle(self) -> bool:
        return self.dialogue.is_idle

    def close(self) -> None:
        """Says QUIT if nothing is under way, and does not wait for the goodbye."""
        if self.is_idle and not self.dialogue.must_close:
            with contextlib.suppress(OSError):
                self.socket.send(b"QUIT\r\n")
        with contextlib.suppress(OSError):
            self.client.close()


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
        self._opening = 0
        self._generation = 0
        self._arrivals: queue.SimpleQueue[tuple[int, Opened | Answer]] = queue.SimpleQueue()
        self._bell, self._bell_rope = socket.socketpair()
        self._bell.setblocking(False)
        self._selector.register(self._bell, selectors.EVENT_READ, None)
        self._next_look = 0.0
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

    @property
    def in_flight(self) -> int:
        return len(self._connections) - len(self._idle)

    def grow(self, to: int) -> None:
        """Opens connections until there are so many."""
        while self.open < to:
            self._opening += 1
            threading.Thread(target=self._open_one, args=[self._generation], name="smtp-open", daemon=True).start()

    def shrink(self, to: int) -> None:
        """Closes idle connections while there are more than that; busy ones are left to finish."""
        while self.open > to and self._idle:
            self._drop(self._idle[-1])

    def start(self, parcel: Parcel) -> None:
        """Gives it to an idle connection. Raises ValueError for an address that cannot stand in a command."""
        connection = self._idle[-1]
        first = connection.dialogue.begin(parcel)
        self._idle.pop()
        connection.carried += 1
        self._send(connection, first)

    def wait(self, seconds: float) -> list[Outcome]:
        """What was answered, as soon as there is something, and at the latest after so many seconds."""
        outcomes: list[Outcome] = []
        for key, events in self._selector.select(seconds):
            connection: Connection | None = key.data
            if connection is None:
                self._welcome()
            elif connection in self._connections:
                if events & selectors.EVENT_WRITE:
                    self._flush(connection)
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
        with contextlib.suppress(OSError):
            self._bell_rope.send(b"!")

    def _welcome(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._bell.recv(1024)
        while not self._arrivals.empty():
            generation, found = self._arrivals.get()
            self._opening -= 1
            if isinstance(found, Answer):
                self.failures.append(found)
            elif generation != self._generation:
                found.client.close()
            else:
                connection = Connection(found)
                self._connections.add(connection)
                self._idle.append(connection)
                self._selector.register(connection.socket, selectors.EVENT_READ, connection)

    def _send(self, connection: Connection, data: bytes) -> None:
        connection.unsent = memoryview(data)
        self._flush(connection)

    def _flush(self, connection: Connection) -> None:
        """Sends what the socket takes now; the rest when it says that it can take more."""
        waited = bool(self._selector.get_key(connection.socket).events & selectors.EVENT_WRITE)
        try:
            while connection.unsent:
                connection.unsent = connection.unsent[connection.socket.send(connection.unsent) :]
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        except OSError:
            connection.deadline = 0.0  # reading tells why, or the next look does
            return
        patience = self._timeout
        if connection.dialogue.has_sent_content and not connection.unsent:
            patience = max(patience, min(patience * PATIENCE_AFTER_DOT, LONGEST_AFTER_DOT))
        connection.deadline = time.monotonic() + patience
        if bool(connection.unsent) != waited:
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.unsent else 0)
            self._selector.modify(connection.socket, events, connection)

    def _read(self, connection: Connection, outcomes: list[Outcome]) -> None:
        while connection in self._connections:
            try:
                data = connection.socket.recv(READ_AT_ONCE)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            except OSError as error:
                self._lose(connection, event(error), outcomes)
                return
            if not data:
                self._lose(connection, "it closed the connection", outcomes)
                return
            self._heard(connection, data, outcomes)
            if len(data) < READ_AT_ONCE and not isinstance(connection.socket, ssl.SSLSocket):
                return

    def _heard(self, connection: Connection, data: bytes, outcomes: list[Outcome]) -> None:
        dialogue = connection.dialogue
        try:
            out, outcome = dialogue.feed(data)
        except NotAReply:
            self._lose(connection, "it did not speak SMTP", outcomes)
            return
        if outcome is not None:
            outcomes.append(outcome)
            connection.deadline = float("inf")
            connection.answered += outcome.answer.code not in (None, 421)
        if dialogue.must_close:
            if outcome is not None and not connection.answered:
                self.failures.append(outcome.answer)
            self._drop(connection)
        elif outcome is not None:
            if connection.carried >= self._messages_per_connection:
                self._drop(connection)
            else:
                self._idle.append(connection)
        elif out:
            self._send(connection, out)

    def _give_up_on_silent_ones(self, now: float, outcomes: list[Outcome]) -> None:
        for connection in [one for one in self._connections if now >= one.deadline]:
            self._lose(connection, "it did not answer in time", outcomes)

    def _lose(self, connection: Connection, why: str, outcomes: list[Outcome]) -> None:
        whole = not connection.unsent
        outcome = connection.dialogue.give_up(why, all_sent=whole)
        if outcome is not None:
            outcomes.append(outcome)
            if not connection.answered:
                self.failures.append(outcome.answer)
        self._drop(connection)

    def _drop(self, connection: Connection) -> None:
        self._selector.unregister(connection.socket)
        self._connections.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        connection.close()
