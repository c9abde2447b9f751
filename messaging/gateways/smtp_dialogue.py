"""One message over an open SMTP connection: which bytes to send next, and what the answers mean. No sockets here.

With PIPELINING (RFC 2920) MAIL, RCPT and DATA go in one write and every answer is still looked at; without it each
command waits for its answer. With DSN (RFC 3461) it asks for reports of failure and delay, without the message in them.
"""

import re
from collections.abc import Container

from messaging.gateways.base import LONGEST_ANSWER, Answer, End, Outcome, Parcel, Stage

LONGEST_REPLY = 65_536  # bytes of one reply; a server that says more is not a mail server
_REPLY_LINE = re.compile(rb"([2-5][0-9]{2})([ -]?)(.*)")
_NOT_XTEXT = re.compile(r"[^!-*,-<>-~]")
_HARMFUL = re.compile(r"[\x00-\x20\x7f<>]")


class NotAReply(Exception):
    """What came is not SMTP."""


class Dialogue:
    """Carries one parcel at a time. `must_close` says that the connection cannot be used again."""

    def __init__(self, features: Container[str]) -> None:
        self._pipelining = "pipelining" in features
        self._dsn = "dsn" in features
        self._unread = b""
        self._lines: list[str] = []
        self._parcel: Parcel | None = None
        self._expected: list[Stage] = []
        self._to_come: list[bytes] = []  # commands that wait for the answer before them
        self._refusal: Answer | None = None
        self._reset_first = False
        self._discarding = False
        self.must_close = False

    @property
    def is_idle(self) -> bool:
        return self._parcel is None

    @property
    def stage(self) -> Stage:
        """What the next answer will be about."""
        return self._expected[0] if self._expected else Stage.CONTENT

    @property
    def has_sent_content(self) -> bool:
        """The message is on its way, so that silence means uncertainty."""
        return self._parcel is not None and self._refusal is None and self._expected == [Stage.CONTENT]

    def begin(self, parcel: Parcel) -> bytes:
        """The first bytes to send. Raises ValueError for an address that cannot stand in a command."""
        commands = self._envelope(parcel)
        self._parcel, self._refusal, self._discarding = parcel, None, False
        self._expected = [Stage.MAIL, Stage.RCPT, Stage.DATA]
        if self._reset_first:
            commands.insert(0, b"RSET\r\n")
            self._expected.insert(0, Stage.HELLO)
            self._reset_first = False
        if self._pipelining:
            return b"".join(commands)
        self._to_come = commands[1:]
        return commands[0]

    def feed(self, data: bytes) -> tuple[bytes, Outcome | None]:
        """The bytes to send next, and the outcome once there is one. Raises NotAReply."""
        self._unread += data
        out, outcome = b"", None
        while (reply := self._next_reply()) is not None:
            if self._parcel is None:
                self.must_close = True  # an idle connection that speaks is saying goodbye
                break
            more, outcome = self._answered(*reply)
            out += more
        if len(self._unread) + sum(map(len, self._lines)) > LONGEST_REPLY:
            raise NotAReply
        return out, outcome

    def give_up(self, text: str, *, all_sent: bool) -> Outcome | None:
        """The connection is gone, or silent: what became of the parcel in hand. Without its dot it was nothing."""
        self.must_close = True
        if self._parcel is None:
            return None
        if self._refusal is not None:
            return self._end(End.REFUSED, self._refusal)
        end = End.UNCERTAIN if self.has_sent_content and all_sent else End.RETURNED
        return self._end(end, Answer(self.stage, None, text))

    def _answered(self, code: int, text: str) -> tuple[bytes, Outcome | None]:
        stage = self._expected.pop(0)
        answer = Answer(stage, code, text)
        if code == 421:
            self.must_close = True
            return b"", self._end(End.REFUSED, self._refusal or answer)
        if stage is Stage.CONTENT:
            return b"", self._content_answered(answer)
        good = code == 354 if stage is Stage.DATA else 200 <= code < 300
        if not good and self._refusal is None:
            self._refusal = answer
        if stage is Stage.DATA:
            return self._data_answered(answer)
        if not self._pipelining:
            if self._refusal is not None:
                self._expected.clear()
                return b"", self._refused()
            return self._to_come.pop(0), None
        return b"", None

    def _data_answered(self, answer: Answer) -> tuple[bytes, Outcome | None]:
        assert self._parcel is not None
        if self._refusal is None:
            self._expected = [Stage.CONTENT]
            return dotted(self._parcel.content), None
        if answer.code == 354:  # RFC 2920 section 3.1: it lets us begin although nobody was accepted: send nothing
            self._expected, self._discarding = [Stage.CONTENT], True
            return b".\r\n", None
        return b"", self._refused()

    def _content_answered(self, answer: Answer) -> Outcome:
        if self._discarding:
            assert self._refusal is not None
            return self._end(End.REFUSED, self._refusal)
        accepted = answer.code is not None and 200 <= answer.code < 300
        return self._end(End.ACCEPTED if accepted else End.REFUSED, answer)

    def _refused(self) -> Outcome:
        assert self._refusal is not None
        self._reset_first = True
        return self._end(End.REFUSED, self._refusal)

    def _end(self, end: End, answer: Answer) -> Outcome:
        assert self._parcel is not None
        parcel, self._parcel = self._parcel, None
        self._expected, self._to_come = [], []
        return Outcome(parcel, end, answer)

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


def address(text: str) -> str:
    """The address itself, when it can stand between angle brackets. Raises ValueError, without the address."""
    if not text.isascii() or "@" not in text or _HARMFUL.search(text):
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
