"""The post office's SMTP side: aiosmtpd with DSN (RFC 3461), PIPELINING and the table of answers."""

import asyncio
import logging
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from rehearsal import dsn
from rehearsal.answers import NORMAL, answer_for, case_of
from rehearsal.letters import Addressee, Letter, Letters

HOSTNAME = "post-office.example.org"
MAXIMUM_SIZE = 25 * 1024 * 1024
_REMEMBERED = 200_000

log = logging.getLogger("rehearsal.server")


class PostOfficeEnvelope(Envelope):
    """An envelope that keeps the DSN parameters beside the addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.message_options = dsn.MessageOptions()
        self.next_options = dsn.RecipientOptions()
        self.addressees: list[Addressee] = []


class PostOfficeSMTP(SMTP):
    """One connection. aiosmtpd knows no DSN parameters, so they are taken off before it reads the command."""

    command_size_limit = 1_500
    command_size_limits: dict[str, int] = defaultdict(lambda: 1_500)
    closing = False

    def _create_envelope(self) -> Envelope:
        return PostOfficeEnvelope()

    async def smtp_MAIL(self, arg: str | None) -> None:
        try:
            rest, parameters = dsn.split(arg, {"RET", "ENVID"})
            options = dsn.message_options(parameters)
        except dsn.BadParameter:
            await self.push("501 5.5.4 RET or ENVID not understood")
            return
        await super().smtp_MAIL(rest)
        if isinstance(self.envelope, PostOfficeEnvelope):
            self.envelope.message_options = options

    async def smtp_RCPT(self, arg: str | None) -> None:
        try:
            rest, parameters = dsn.split(arg, {"NOTIFY", "ORCPT"})
            options = dsn.recipient_options(parameters)
        except dsn.BadParameter:
            await self.push("501 5.5.4 NOTIFY or ORCPT not understood")
            return
        if isinstance(self.envelope, PostOfficeEnvelope):
            self.envelope.next_options = options
        await super().smtp_RCPT(rest)
        if self.closing and self.transport is not None:
            self.transport.close()  # type: ignore[unreachable,unused-ignore]


class Counter:
    """aiosmtpd's handler: the person behind the counter, who looks the answer up and gives it."""

    def __init__(self, letters: Letters, accepted: Callable[[Letter], None], slow_seconds: float) -> None:
        self._letters = letters
        self._accepted = accepted
        self._slow_seconds = slow_seconds
        self._seen: OrderedDict[str, None] = OrderedDict()

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", "250-ENHANCEDSTATUSCODES", "250-DSN", responses[-1]]

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not address.isprintable():
            return "553 5.1.7 Address not understood"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Sender ok"

    async def handle_RCPT(
        self, server: Any, session: Session, envelope: PostOfficeEnvelope, address: str, options: list[str]
    ) -> str:
        if not address.isprintable():
            return "553 5.1.3 Address not understood"
        case = case_of(address)
        answer = answer_for(address)
        if answer.at_rcpt:
            self._letters.count(f"refused:{case}")
            log.info("refused at RCPT case=%s", case)
            return answer.at_rcpt
        if answer.first_at_rcpt and self._first_time(address):
            self._letters.count(f"put_off:{case}")
            log.info("put off case=%s", case)
            server.closing = answer.first_at_rcpt.startswith("421")
            return answer.first_at_rcpt
        envelope.rcpt_tos.append(address)
        envelope.addressees.append(Addressee(address, case, envelope.next_options))
        return "250 2.1.5 Recipient ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: PostOfficeEnvelope) -> str:
        answers = [(one.case, answer_for(one.address) if one.case else NORMAL) for one in envelope.addressees]
        for case, answer in answers:
            if answer.after_data:
                self._letters.count(f"refused:{case}")
                log.info("refused after DATA case=%s", case)
                return answer.after_data
        if any(answer.slow for _, answer in answers):
            await asyncio.sleep(self._slow_seconds)
        sender = envelope.mail_from or ""
        content = envelope.original_content or b""
        letter = self._letters.keep(
            "" if sender == "<>" else sender,
            tuple(envelope.addressees),
            bytes(content),
            envelope.message_options,
            in_inbox=any(answer.reaches_inbox and not answer.inbox_waits for _, answer in answers),
        )
        log.info("accepted message=%d", letter.id)
        self._accepted(letter)
        return f"250 2.0.0 Accepted as {letter.id}"

    def _first_time(self, address: str) -> bool:
        known = address.lower() in self._seen
        self._seen[address.lower()] = None
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return not known
