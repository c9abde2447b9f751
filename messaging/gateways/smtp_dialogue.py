"""Messages over an open SMTP connection: which bytes to send next, and what the answers mean. No sockets here.

With PIPELINING (RFC 2920) MAIL, RCPT and DATA go in one write and every answer is still looked at; without it each
command waits for its answer. The envelope of the next message may then follow the content of the one before it in the
same write (section 3.1). An envelope sends nothing of its message: the content waits for release(). With DSN (RFC
3461) it asks for reports of failure and delay, without the message in them.
"""

import re
from collections import deque
from collections.abc import Container
from dataclasses import dataclass

from messaging.gateways.base import LONGEST_ANSWER, Answer, End, Outcome, Parcel, Stage

LONGEST_REPLY = 65_536  # bytes of one reply; a server that says more is not a mail server
_REPLY_LINE = re.compile(rb"([2-5][0-9]{2})([ -]?)(.*)")
_NOT_XTEXT = re.compile(r"[^!-*,-<>-~]")
_HARMFUL = re.compile(r"[\x00-\x20\x7f<>]")


class NotAReply(Exception):
    """What came is not SMTP."""


@dataclass(slots=True)
class Errand:
    """A parcel whose envelope was sent."""

    parcel: Parcel
    is_released: bool = False  # its content may leave
    is_let_in: bool = False  # the server waits for its content
    was_answered: bool = False
    refusal: Answer | None = None


class Dialogue:
    """Carries one parcel, and perhaps the envelope of the next. `must_close`: the connection cannot be used again."""

    def __init__(self, features: Container[str]) -> None:
        self._pipelining = "pipelining" in features
        self._dsn = "dsn" in features
        self._unread = b""
        self._lines: list[str] = []
        self._errands: deque[Errand] = deque()  # answers are about the first
        self._expected: deque[Stage] = deque()
        self._to_come: list[bytes] = []  # commands that wait for the answer before them
        self._reset_first = False
        self._is_fresh = True  # it has not answered anything about a message
        self._is_last = False  # what is behind the errand in hand was withdrawn
        self.must_close = False

    @property
    def is_idle(self) -> bool:
        return not self._errands

    @property
    def has_sent_content(self) -> bool:
        """The message is on its way, so that silence means uncertainty."""
        return bool(self._errands) and _is_on_its_way(self._errands[0])

    @property
    def can_follow(self) -> bool:
        """Whether the next envelope may be sent before the message in hand is answered."""
        return self._pipelining and len(self._errands) == 1 and self.has_sent_content and not self._is_last

    @property
    def waiting(self) -> Parcel | None:
        """The parcel whose turn it is, and that was not released."""
        first = self._errands[0] if self._errands else None
        return first.parcel if first is not None and _can_wait(first) else None

    @property
    def is_quiet(self) -> bool:
        """It is for us to speak: the server has answered everything."""
        return not self._expected

    def begin(self, parcel: Parcel) -> bytes:
        """Its envelope. When idle, or as can_follow says. Raises ValueError for an address that fits no command."""
        commands = self._envelope(parcel)
        self._errands.append(Errand(parcel))
        if self._reset_first:
            commands.insert(0, b"RSET\r\n")
            self._expected.append(Stage.HELLO)
            self._reset_first = False
        self._expected.extend((Stage.MAIL, Stage.RCPT, Stage.DATA))
        if self._pipelining:
            return b"".join(commands)
        self._to_come = commands[1:]
        return commands[0]

    def release(self) -> bytes:
        """The content of the waiting parcel may leave: now, if the server waits for it, else as soon as it does."""
        first = self._errands[0]
        first.is_released = True
        return self._content(first) if first.is_let_in else b""

    def withdraw(self) -> Parcel | None:
        """Takes back the parcel that was not released, if there is one: the connection carries no other after that."""
        if not self._errands or not _can_wait(self._errands[-1]):
            return None
        self._is_last = True
        parcel = self._errands.pop().parcel
        self.must_close = self.must_close or not self._errands
        return parcel

    def feed(self, data: bytes) -> tuple[bytes, list[Outcome]]:
        """The bytes to send next, and the outcomes that there are. Raises NotAReply."""
        self._unread += data
        out: bytes = b""
        outcomes: list[Outcome] = []
        while not self.must_close and (reply := self._next_reply()) is not None:
            if not self._expected:
                self.must_close = True  # nothing was asked: it is saying goodbye
                outcomes += self.give_up("it ended the connection", all_sent=True)
                break
            out += self._answered(*reply, outcomes)
            self.must_close = self.must_close or (self._is_last and not self._errands)
        if len(self._unread) + sum(map(len, self._lines)) > LONGEST_REPLY:
            raise NotAReply
        return out, outcomes

    def give_up(self, text: str, *, all_sent: bool) -> list[Outcome]:
        """The connection is gone, or silent: what became of what was in hand. Without its dot it was nothing."""
        self.must_close = True
        outcomes: list[Outcome] = []
        while self._errands:
            first = self._errands[0]
            answer = Answer(self._expected[0] if self._expected else Stage.DATA, None, text)
            if first.refusal is not None:
                self._end(End.REFUSED, first.refusal, outcomes)
            elif not (first.was_answered or self._is_fresh):
                self._end(End.UNTOUCHED, answer, outcomes)
            elif _is_on_its_way(first) and all_sent:
                self._end(End.UNCERTAIN, answer, outcomes)
            else:
                self._end(End.RETURNED, answer, outcomes)
        return outcomes

    def _answered(self, code: int, text: str, outcomes: list[Outcome]) -> bytes:
        stage, first = self._expected.popleft(), self._errands[0]
        answer = Answer(stage, code, text)
        first.was_answered, self._is_fresh = True, False
        if code == 421:
            self._end(End.REFUSED, first.refusal or answer, outcomes)
            outcomes += self.give_up("it ended the connection", all_sent=True)
            return b""
        if stage is Stage.CONTENT:
            self._content_answered(first, answer, outcomes)
            return b""
        good = code == 354 if stage is Stage.DATA else 200 <= code < 300
        if not good and first.refusal is None:
            first.refusal = answer
        if stage is Stage.DATA:
            return self._data_answered(first, answer, outcomes)
        if self._pipelining:
            return b""
        if first.refusal is not None:
            self._refused(first.refusal, outcomes)
            return b""
        return self._to_come.pop(0)

    def _data_answered(self, first: Errand, answer: Answer, outcomes: list[Outcome]) -> bytes:
        if first.refusal is None:
            first.is_let_in = True
            return self._content(first) if first.is_released else b""
        if answer.code == 354:  # RFC 2920 section 3.1: it lets us begin although nobody was accepted: send nothing
            self._expected.append(Stage.CONTENT)
            return b".\r\n"
        self._refused(first.refusal, outcomes)
        return b""

    def _content(self, first: Errand) -> bytes:
        self._expected.appendleft(Stage.CONTENT)
        return dotted(first.parcel.content)

    def _content_answered(self, first: Errand, answer: Answer, outcomes: list[Outcome]) -> None:
        if first.refusal is not None:
            self._end(End.REFUSED, first.refusal, outcomes)
            return
        accepted = answer.code is not None and 200 <= answer.code < 300
        self._end(End.ACCEPTED if accepted else End.REFUSED, answer, outcomes)

    def _refused(self, refusal: Answer, outcomes: list[Outcome]) -> None:
        self._expected.clear()
        self._reset_first = True
        self._end(End.REFUSED, refusal, outcomes)

    def _end(self, end: End, answer: Answer, outcomes: list[Outcome]) -> None:
        outcomes.append(Outcome(self._errands.popleft().parcel, end, answer))

    def _next_reply(self) -> tuple[int, str] | None:
        """One whole reply (RFC 5321 section 4.2), its lines joined; None until it is there."""
        while True:
            line, found, rest = self._unread.partition(b"\n")
            if not found:
                return None
            self._unread = rest
            match = _REPLY_LINE.match(line.rstrip(b"\r"))
            if match is None:
                raise NotAReply
            self._lines.append(match[3].decode("utf-8", "replace"))
            if match[2] != b"-":
                text = "\n".join(self._lines)[:LONGEST_ANSWER]
                self._lines = []
                return int(match[1]), text

    def _envelope(self, parcel: Parcel) -> list[bytes]:
        sender, recipient = address(parcel.sender), address(parcel.recipient)
        mail, rcpt = f"MAIL FROM:<{sender}>", f"RCPT TO:<{recipient}>"
        if self._dsn:
            mail += f" RET=HDRS ENVID={xtext(sender.partition('@')[0])}"
            rcpt += f" NOTIFY=FAILURE,DELAY ORCPT=rfc822;{xtext(recipient)}"
        return [f"{mail}\r\n".encode("ascii"), f"{rcpt}\r\n".encode("ascii"), b"DATA\r\n"]


def _can_wait(errand: Errand) -> bool:
    return not errand.is_released and errand.refusal is None


def _is_on_its_way(errand: Errand) -> bool:
    return errand.is_released and errand.is_let_in and errand.refusal is None


def is_address(text: str) -> bool:
    """Whether it can stand between angle brackets."""
    return text.isascii() and "@" in text and not _HARMFUL.search(text)


def address(text: str) -> str:
    """The address itself, when it can stand between angle brackets. Raises ValueError, without the address."""
    if not is_address(text):
        raise ValueError("not an address for an SMTP command")
    return text


def xtext(text: str) -> str:
    """RFC 3461 section 4."""
    return _NOT_XTEXT.sub(lambda found: f"+{ord(found[0]):02X}", text)


def dotted(content: bytes) -> bytes:
    """The content with its leading dots doubled (RFC 5321 section 4.5.2) and the final dot."""
    if content.startswith(b"."):
        content = b"." + content
    if b"\r\n." in content:
        content = content.replace(b"\r\n.", b"\r\n..")
    return content + (b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n")
