"""The messages that are with the smart host: prepared (only the envelope went) or in flight (the content may have)."""

import time
from collections.abc import Callable

from messaging.claims import Claimed
from messaging.gateways.base import Outcome, Parcel
from messaging.gateways.smtp import SmtpGateway, nothing
from messaging.pile import Ready


class Flight:
    """`following` is asked for the message whose envelope can go with the content of another."""

    def __init__(self, gateway: SmtpGateway, following: Callable[[], Ready | None]) -> None:
        self._gateway = gateway
        self._following = following
        gateway.following = self._next_parcel
        self._prepared: dict[int, Ready] = {}
        self._in_flight: dict[int, tuple[float, Claimed]] = {}  # with the time they left; the oldest first

    def __len__(self) -> int:
        return len(self._prepared) + len(self._in_flight)

    @property
    def is_anything_unanswered(self) -> bool:
        return bool(self._in_flight)

    def prepare(self, ready: Ready) -> None:
        """Sends its envelope, on a connection that is idle."""
        self._prepared[ready.message.id] = ready
        self._gateway.prepare(ready.parcel)

    def release(self, message_id: int) -> None:
        """Its start is committed: its content leaves."""
        ready = self._prepared.pop(message_id, None)
        if ready is None:
            return  # it was refused meanwhile
        self._in_flight[message_id] = (time.monotonic(), ready.message)
        self._gateway.release(ready.parcel)

    def waiting(self) -> list[int]:
        """Those whose turn it is on their connection: their start is to be committed next."""
        return self._gateway.waiting() if self._prepared else []

    def withdraw(self, hanging_for: float = 0.0) -> list[Claimed]:
        """Takes back those of which only the envelope was sent; or only those behind one unanswered for so long."""
        if not self._prepared:
            return []
        return [self._prepared.pop(one).message for one in self._gateway.withdraw(hanging_for)]

    def heard(self, outcome: Outcome) -> tuple[Claimed, float | None]:
        """The message that it is about, and when its content left, if that was let go."""
        message_id = outcome.parcel.message_id
        if message_id in self._prepared:
            return self._prepared.pop(message_id).message, None
        left, message = self._in_flight.pop(message_id)
        return message, left

    def land(self) -> list[Outcome]:
        """Closes the connections of what is still there; nothing follows any more."""
        self._gateway.following = nothing
        return self._gateway.close() if self else []

    def _next_parcel(self) -> Parcel | None:
        ready = self._following()
        if ready is None:
            return None
        self._prepared[ready.message.id] = ready
        return ready.parcel

    def oldest(self, now: float) -> float:
        """Seconds that a message has been unanswered, the longest of all."""
        return now - next(iter(self._in_flight.values()))[0] if self._in_flight else 0.0
