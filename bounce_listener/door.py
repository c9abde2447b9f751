"""Who may come in: so many at once in all and from one address, with so much mail in hand; the others are told 421."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bounce_listener import replies


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one listener. RFC 5321 section 4.5.3.2 asks for five minutes of patience, when there is no rush."""

    connections: int = 250
    connections_from_one: int = 150
    message_octets: int = 2 << 20
    octets_in_hand: int = 64 << 20  # messages being received or read, over all connections
    idle_seconds: float = 300
    idle_seconds_in_a_rush: float = 30  # when more than half the connections are taken
    data_seconds: float = 300  # from 354 to the final dot
    answer_seconds: float = 120  # from the final dot to our reply


class Guest(Protocol):
    """A conversation, as far as the door knows it."""

    is_busy: bool

    def end(self, reply: str) -> None: ...


class Door:
    """Counts who is in. One for each listener; on the event loop only."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.is_closing = False
        self._peers: dict[Guest, str] = {}
        self._from: Counter[str] = Counter()
        self._octets = 0

    @property
    def idle_seconds(self) -> float:
        rush = len(self._peers) > self.limits.connections // 2
        return self.limits.idle_seconds_in_a_rush if rush else self.limits.idle_seconds

    def refusal(self, peer: str) -> str:
        """Why somebody from there cannot come in now, or nothing."""
        if self.is_closing:
            return replies.CLOSING
        if len(self._peers) >= self.limits.connections:
            return replies.TOO_MANY_CONNECTIONS
        if peer and self._from[peer] >= self.limits.connections_from_one:
            return replies.TOO_MANY_FROM_YOU
        return ""

    def enter(self, guest: Guest, peer: str) -> None:
        self._peers[guest] = peer
        self._from[peer] += 1

    def leave(self, guest: Guest) -> None:
        peer = self._peers.pop(guest, None)
        if peer is not None:
            self._from[peer] -= 1
            if not self._from[peer]:
                del self._from[peer]

    def take_room(self, octets: int) -> bool:
        if self._octets + octets > self.limits.octets_in_hand:
            return False
        self._octets += octets
        return True

    def give_room(self, octets: int) -> None:
        self._octets -= octets

    async def close(self, seconds: float) -> None:
        """Those who wait are sent away; those whose report is being recorded get their answer first."""
        self.is_closing = True
        for guest in list(self._peers):
            if not guest.is_busy:
                guest.end(replies.CLOSING)
        deadline = asyncio.get_running_loop().time() + seconds
        while self._peers and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.05)


class Doorman(asyncio.Protocol):
    """Stands before each conversation: turns a connection away, or steps aside for it."""

    def __init__(self, door: Door, converse: Callable[[], "asyncio.Protocol"]) -> None:
        self._door = door
        self._converse = converse

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        name = transport.get_extra_info("peername")
        peer = str(name[0]) if isinstance(name, tuple) else ""
        if refusal := self._door.refusal(peer):
            transport.write(refusal.encode() + b"\r\n")
            transport.close()
            return
        conversation = self._converse()
        self._door.enter(conversation, peer)  # type: ignore[arg-type]  # aiosmtpd is untyped
        transport.set_protocol(conversation)
        conversation.connection_made(transport)
