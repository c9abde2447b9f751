"""An open SMTP connection that never blocks, and what is known of the smart host's way with pipelining."""

import contextlib
import ssl
import time
from collections.abc import Collection, Sequence

from messaging.gateways.base import End, Outcome
from messaging.gateways.smtp_dialogue import Dialogue
from messaging.gateways.smtp_opening import Opened, event

READ_AT_ONCE = 65_536
PATIENCE_AFTER_DOT = 10  # times the timeout …
LONGEST_AFTER_DOT = 600.0  # … up to the ten minutes that RFC 5321 section 4.5.3.2 asks for there
NEVER = float("inf")


class Lost(Exception):
    """The connection has ended; `why` in a few words."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Connection:
    """`carried` counts the messages that it was given; of them `answered`, other than by goodbye."""

    def __init__(self, opened: Opened, timeout: float) -> None:
        self.client = opened.client
        self.socket = opened.socket
        self.socket.setblocking(False)
        self.dialogue = Dialogue(opened.features)
        self.unsent = memoryview(b"")
        self.carried = self.answered = 0
        self.deadline = self.released_at = NEVER
        self.is_held_up = False  # whoever watches the socket waits for it to take more
        self._timeout = timeout
        self._after_dot = 0  # bytes at the end of what is to be sent that are not of the message in hand

    @property
    def is_idle(self) -> bool:
        return self.dialogue.is_idle

    @property
    def has_sent_dot(self) -> bool:
        """Of the message whose content it was given last."""
        return len(self.unsent) <= self._after_dot

    def send(self, data: bytes, envelope: bytes = b"") -> None:
        """The envelope is that of the next message, and goes behind the data."""
        self.unsent, self._after_dot = memoryview(data + envelope), len(envelope)
        self.flush()

    def flush(self) -> None:
        """Sends what the socket takes now."""
        try:
            while self.unsent:
                self.unsent = self.unsent[self.socket.send(self.unsent) :]
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        except OSError:
            self.deadline = 0.0  # reading tells why, or the next look does
            return
        self.set_deadline()

    def set_deadline(self) -> None:
        """For the next answer, if there is one to come."""
        if self.dialogue.is_quiet and not self.unsent:
            self.deadline = NEVER
            return
        patience = self._timeout
        if self.dialogue.has_sent_content and self.has_sent_dot:
            patience = max(patience, min(patience * PATIENCE_AFTER_DOT, LONGEST_AFTER_DOT))
        self.deadline = time.monotonic() + patience

    def read(self) -> bytes:
        """What is there; b"" for nothing. Raises Lost."""
        try:
            data = self.socket.recv(READ_AT_ONCE)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return b""
        except OSError as error:
            raise Lost(event(error)) from None
        if not data:
            raise Lost("it closed the connection")
        return data

    def may_hold_more(self, data: bytes) -> bool:
        """Whether to read again at once: TLS may hold what no selector sees."""
        return len(data) == READ_AT_ONCE or isinstance(self.socket, ssl.SSLSocket)

    def close(self) -> None:
        """Says QUIT if nothing is under way, and does not wait for the goodbye."""
        if self.is_idle and not self.dialogue.must_close:
            with contextlib.suppress(OSError):
                self.socket.send(b"QUIT\r\n")
        with contextlib.suppress(OSError):
            self.client.close()


class GoingAhead:
    """Whether envelopes may follow contents: tried with one message first, and never again after it may have harmed.

    RFC 2920 lets them; but a server that gets it wrong would leave a message in doubt on every connection.
    """

    def __init__(self) -> None:
        self._works = self._harmed = False
        self._trial: int | None = None

    @property
    def is_allowed(self) -> bool:
        return not self._harmed and (self._works or self._trial is None)

    def went(self, message_id: int) -> None:
        if not self._works:
            self._trial = message_id

    def withdrawn(self, message_ids: Collection[int]) -> None:
        if self._trial in message_ids:
            self._trial = None

    def heard(self, outcomes: Sequence[Outcome], *, in_silence: bool = False) -> None:
        ends = {outcome.end for outcome in outcomes}
        if End.UNTOUCHED in ends and (in_silence or End.UNCERTAIN in ends):
            self._harmed = True
        for outcome in outcomes:
            if outcome.parcel.message_id == self._trial:
                self._trial = None
                self._works = outcome.end in (End.ACCEPTED, End.REFUSED)
