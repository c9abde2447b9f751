"""What the post office holds: every accepted message, in memory, up to a bound."""

import threading
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.parser import BytesHeaderParser

from rehearsal.dsn import MessageOptions, RecipientOptions


@dataclass(frozen=True, slots=True)
class Addressee:
    """One RCPT of a message: the address, its case in the table of answers, what its sender wants to hear."""

    address: str
    case: str = ""
    options: RecipientOptions = field(default_factory=RecipientOptions)


@dataclass(slots=True, eq=False)
class Letter:
    """One accepted message. `sender` is the envelope's return path, "" for the null sender."""

    id: int
    sender: str
    addressees: tuple[Addressee, ...]
    raw: bytes
    options: MessageOptions
    received_at: datetime
    in_inbox: bool = False
    subject: str = ""

    @property
    def recipients(self) -> tuple[str, ...]:
        return tuple(addressee.address for addressee in self.addressees)


class Letters:
    """Accepted messages by number, newest kept: at most `limit` of them and `limit_bytes` together.

    Safe to use from several threads. Totals go on counting when old messages are dropped.
    """

    def __init__(self, limit: int = 20_000, limit_bytes: int = 256 * 1024 * 1024) -> None:
        self._limit = limit
        self._limit_bytes = limit_bytes
        self._lock = threading.Lock()
        self._letters: OrderedDict[int, Letter] = OrderedDict()
        self._bytes = 0
        self._last_id = 0
        self._counts: Counter[str] = Counter()

    def keep(
        self,
        sender: str,
        addressees: tuple[Addressee, ...],
        raw: bytes,
        options: MessageOptions | None = None,
        *,
        in_inbox: bool = True,
    ) -> Letter:
        """Hold an accepted message, and drop the oldest ones when the bound is passed."""
        with self._lock:
            self._last_id += 1
            letter = Letter(
                id=self._last_id,
                sender=sender,
                addressees=addressees,
                raw=raw,
                options=options or MessageOptions(),
                received_at=datetime.now(UTC),
                in_inbox=in_inbox,
            )
            self._letters[letter.id] = letter
            self._bytes += len(raw)
            self._counts["accepted"] += 1
            self._counts["inbox"] += in_inbox
            while len(self._letters) > self._limit or (self._bytes > self._limit_bytes and len(self._letters) > 1):
                _, oldest = self._letters.popitem(last=False)
                self._bytes -= len(oldest.raw)
                self._counts["dropped"] += 1
            return letter

    def arrive(self, letter: Letter) -> None:
        """A message that was delayed reaches the inbox."""
        with self._lock:
            self._counts["inbox"] += not letter.in_inbox
            letter.in_inbox = True

    def count(self, what: str) -> None:
        """Add one to a total, such as `refused:nobody`."""
        with self._lock:
            self._counts[what] += 1

    def counts(self) -> dict[str, int]:
        """Totals since the start: accepted, inbox, dropped, and `refused:CASE`, `put_off:CASE`."""
        with self._lock:
            return {"accepted": 0, "inbox": 0, "dropped": 0} | dict(self._counts)

    def all(self) -> list[Letter]:
        """Every message still held, oldest first."""
        with self._lock:
            return list(self._letters.values())

    def get(self, letter_id: int) -> Letter | None:
        """One message, or None when it never was or has been dropped."""
        with self._lock:
            return self._letters.get(letter_id)


def subject_of(letter: Letter) -> str:
    """The Subject as a person reads it; worked out once, when somebody looks."""
    if not letter.subject:
        value = str(BytesHeaderParser().parsebytes(letter.raw[:65_536]).get("Subject", ""))
        try:
            letter.subject = str(make_header(decode_header(value)))
        except (LookupError, ValueError):
            letter.subject = value
    return letter.subject
