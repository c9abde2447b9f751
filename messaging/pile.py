"""What a round has in hand: messages that are claimed, some of them written ahead, some slowed for their domain."""

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from messaging.claims import Claimed
from messaging.email_message import EmailTemplate
from messaging.gateways.base import Parcel
from messaging.models import Batch
from messaging.pace import Pace
from messaging.personalisation import UnknownField
from messaging.return_path import return_paths


@dataclass(slots=True)
class Ready:
    """Written, and waiting for its start to be committed."""

    message: Claimed
    parcel: Parcel


class Pile:
    """`cannot_write` says why a message could not be written, which would be so for every patient of its kind."""

    def __init__(self, batch: Batch, pace: Pace) -> None:
        self._template = EmailTemplate(batch.organisation, batch.subject, batch.body)
        self._paths = return_paths()
        self._pace = pace
        self._waiting: deque[Claimed] = deque()
        self._written: deque[Ready] = deque()
        self._slowed: list[tuple[float, Claimed]] = []  # for whose domain it is too soon, with the time to look again
        self.cannot_write = ""

    def __len__(self) -> int:
        return self.at_hand + len(self._slowed)

    @property
    def at_hand(self) -> int:
        """Those that may go as far as their domain is concerned."""
        return len(self._waiting) + len(self._written)

    @property
    def slowed(self) -> int:
        return len(self._slowed)

    def add(self, messages: Iterable[Claimed]) -> None:
        self._waiting.extend(messages)

    def put_back(self, message: Claimed) -> None:
        """First of all: its connection ended under it."""
        self._waiting.appendleft(message)

    def take(self, limit: int) -> list[Ready]:
        """Up to so many that may leave now."""
        now = time.monotonic()
        taken: list[Ready] = []
        while len(taken) < limit and (self._written or self._write_one()):
            one = self._written.popleft()
            if too_soon := self._pace.take_for(one.message.domain):
                self._slowed.append((now + too_soon, one.message))
            else:
                taken.append(one)
        return taken

    def write_ahead(self, count: int) -> None:
        """Has so many written, while there is nothing else to do."""
        while len(self._written) < count and self._write_one():
            pass

    def let_slow_ones_go(self) -> None:
        """Those whose time has come may be taken again."""
        if self._slowed:
            now = time.monotonic()
            self._waiting.extend(message for due, message in self._slowed if due <= now)
            self._slowed = [(due, message) for due, message in self._slowed if due > now]

    def _write_one(self) -> bool:
        """False when there is none to write, or it cannot be written."""
        if not self._waiting or self.cannot_write:
            return False
        message = self._waiting.popleft()
        issued = message.created_at.date()
        try:
            content = self._template.as_bytes(
                message.values, to=message.to_address, message_id=message.id, issued=issued
            )
        except UnknownField as error:
            self.cannot_write = f"The message could not be written for a patient. {error}"
            return False
        sender = self._paths.address_for(message.id, issued)
        self._written.append(Ready(message, Parcel(message.id, sender, message.to_address, content)))
        return True
