"""The mail systems of all patients, for a real MTA to hand over to: one port that answers by the local part.

The local part up to its first dot decides (`full.7@…`); anything that is not in the tables is accepted and kept.
"""

import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.servers import free_port, smtp_server

AT_RCPT = {
    "nobody": "550 5.1.1 <{address}>: Recipient address rejected: User unknown in virtual mailbox table",
    "full": "452 4.2.2 <{address}>: The mailbox is over its quota",
}
AFTER_DATA = {
    "refused": "550 5.7.1 Message refused by the rules of this recipient",
    "distrusted": "550 5.7.26 Unauthenticated email from this sender is not accepted",
}
ONCE = "451 4.7.1 <{address}>: Greylisted, please try again in a moment"  # later.…: the first time
AWAY = "450 4.3.2 <{address}>: System is down for maintenance"  # away.…: until comes_back()


@dataclass
class World:
    """`tries` counts by patient and tells nothing of what became of them; `accepted` holds what was taken."""

    port: int
    accepted: list[Envelope] = field(default_factory=list)
    tries: Counter[str] = field(default_factory=Counter)
    is_back: bool = False

    def comes_back(self) -> None:
        self.is_back = True

    @property
    def patients(self) -> list[str]:
        """Everyone who got mail, as often as they got it."""
        return [address for envelope in self.accepted for address in envelope.rcpt_tos]

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[Any]
    ) -> str:
        kind = _kind(address)
        self.tries[address] += 1
        if kind in AT_RCPT:
            return AT_RCPT[kind].format(address=address)
        if kind == "later" and self.tries[address] == 1:
            return ONCE.format(address=address)
        if kind == "away" and not self.is_back:
            return AWAY.format(address=address)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        for address in envelope.rcpt_tos:
            if _kind(address) in AFTER_DATA:
                return AFTER_DATA[_kind(address)]
        self.accepted.append(envelope)
        return "250 2.0.0 taken"


@contextlib.contextmanager
def pretend_world() -> Iterator[World]:
    world = World(free_port())
    with smtp_server(world, world.port):
        yield world


def _kind(address: str) -> str:
    return address.partition("@")[0].partition(".")[0]
