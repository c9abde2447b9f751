"""What the listener decides: who may be a recipient, and what is said once a message has come whole."""

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from bounce_listener import replies
from bounce_listener.desk import Desk
from messaging.return_path import Forged, ReturnPaths, Signed

MOST_RECIPIENTS = 100  # RFC 5321 section 4.5.3.1.8 asks for no fewer

log = logging.getLogger(__name__)


def today_in_utc() -> date:
    return datetime.now(UTC).date()


class Handler:
    """aiosmtpd's hooks. A recipient that is no return path of ours is refused before any data: nothing is relayed."""

    def __init__(
        self,
        desk: Desk,
        paths: ReturnPaths,
        return_path_days: int,
        via: str = "smtp",
        today: Callable[[], date] = today_in_utc,
    ) -> None:
        self._desk = desk
        self._paths = paths
        self._days = return_path_days
        self._via = via
        self._today = today

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        offered = [line for line in responses[:-1] if not line.startswith("250-AUTH")]
        return [*offered, "250-ENHANCEDSTATUSCODES", responses[-1]]

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Any, address: str, options: list[str]) -> str:
        try:
            signed = self._paths.read(address)
        except Forged:
            log.info("refused a recipient that is no return path of ours")
            return replies.NOT_OURS
        if (self._today() - signed.issued).days > self._days:
            log.info("refused an expired return path message=%d", signed.message_id)
            return replies.EXPIRED
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return replies.TOO_MANY_RECIPIENTS
        envelope.rcpt_tos.append(address)
        envelope.signed.append(signed)
        return replies.RECIPIENT_OK

    async def answers(self, content: bytes, signed: Sequence[Signed]) -> list[str]:
        """One reply for each recipient, given only once its report is committed."""
        recorded = await self._desk.take(content, signed, self._via)
        return [replies.RECORDED if outcome else replies.TRY_AGAIN for outcome in recorded]

    async def handle_exception(self, error: Exception) -> str:
        log.error("a conversation went wrong error=%s", type(error).__name__)
        return replies.OUR_FAULT
