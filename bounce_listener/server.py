"""One SMTP conversation, within limits: aiosmtpd's commands, our own reading of DATA, and nobody taken at their word.

DATA ends at <CR><LF>.<CR><LF> and at nothing else (no smuggling by bare LF), is read in pieces whatever the length of
its lines (reports have lines of 60,000 octets), and never holds more memory than all conversations together may.
"""

import asyncio
import re
import ssl
from collections import defaultdict
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, syntax

from bounce_listener import replies
from bounce_listener.door import Door
from bounce_listener.handler import Handler
from messaging.return_path import Signed

TRANSACTION_COMMANDS = 25_000  # of each, in one connection: a busy relay keeps one open for long
OTHER_COMMANDS = 200
COMMAND_LIMITS = {
    "*": OTHER_COMMANDS,
    **dict.fromkeys(("MAIL", "RCPT", "DATA", "RSET"), TRANSACTION_COMMANDS),
}
MOST_ERRORS = 2_000  # in one connection, refused recipients not counted
FAR_TOO_BIG = 8  # times the limit: nobody who looked at SIZE goes on so long
_SIMPLE_ADDRESS = re.compile(r"<([A-Za-z0-9._=+-]+@[A-Za-z0-9.-]+|)>(?= |$)")
_DOT = b".\r\n"


class ReportEnvelope(Envelope):
    """An envelope that remembers what its recipients say."""

    def __init__(self) -> None:
        super().__init__()
        self.signed: list[Signed] = []


class Conversation(SMTP):
    """One connection from its greeting to its end."""

    command_size_limit = 2_048  # octets; an address of 254 octets and a few parameters
    command_size_limits: dict[str, int] = defaultdict(lambda: 2_048)
    line_length_limit = 1 << 16  # how much the stream holds before it makes the sender wait

    def __init__(self, handler: Handler, door: Door, *, hostname: str, tls: ssl.SSLContext | None) -> None:
        super().__init__(
            handler,
            data_size_limit=door.limits.message_octets,
            enable_SMTPUTF8=True,
            hostname=hostname,
            ident="Postround takes reports only",
            tls_context=tls,
            timeout=door.limits.idle_seconds,
            command_call_limit=COMMAND_LIMITS,
            loop=asyncio.get_running_loop(),
        )
        self.handler = handler
        self.door = door
        self.errors = 0
        self.is_busy = False

    def _create_envelope(self) -> ReportEnvelope:
        return ReportEnvelope()

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """aiosmtpd's parser fails in more than one way on hostile addresses."""
        if simple := _SIMPLE_ADDRESS.match(arg):
            return simple[1] or "<>", arg[simple.end() :]
        try:
            address, rest = super()._getaddr(arg)
        except Exception:
            return None, None
        return (address, rest) if address is None or address.isprintable() else (None, None)

    def _reset_timeout(self, duration: float | None = None) -> None:
        """Moves the end; the timer itself is set anew only when it rings, or would ring too late."""
        self._ends_at = self.loop.time() + (duration or self.door.idle_seconds)
        if self._timeout_handle is None or self._timeout_handle.when() > self._ends_at + 1:
            self._set_timer()

    def _set_timer(self) -> None:
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()
        self._timeout_handle = self.loop.call_at(self._ends_at, self._timeout_cb)

    def _timeout_cb(self) -> None:
        if self.loop.time() < self._ends_at:
            self._set_timer()
        else:
            self.end(replies.TIMED_OUT)

    def end(self, reply: str) -> None:
        """A last word, and closed."""
        if self.transport is not None and not self.transport.is_closing():
            self._writer.write(reply.encode() + b"\r\n")
            self.transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        self.door.leave(self)
        super().connection_lost(error)

    async def push(self, status: Any) -> None:
        await super().push(status)
        if status[:1] == "5" and status != replies.NOT_OURS and status != replies.EXPIRED:
            self.errors += 1
            if self.errors >= MOST_ERRORS:
                self.end(replies.TOO_MANY_ERRORS)

    async def smtp_DATA(self, arg: str | None) -> None:
        envelope = self.envelope
        assert isinstance(envelope, ReportEnvelope)
        if await self.check_helo_needed():
            return
        if not envelope.rcpt_tos:
            await self.push("503 5.5.1 Need RCPT first")
        elif arg:
            await self.push("501 5.5.4 Syntax: DATA")
        else:
            await self._take(envelope.signed)

    async def _take(self, signed: list[Signed]) -> None:
        await self.push(replies.SEND_DATA)
        self._reset_timeout(self.door.limits.data_seconds)
        held = Held(self.door)
        try:
            refusal = await self._read_into(held)
            self._reset_timeout(self.door.limits.answer_seconds)
            self.is_busy = True
            if refusal:
                answers = [refusal] * len(signed)
            else:
                answers = await self.handler.answers(held.content(), signed)
        finally:
            self.is_busy = False
            held.release()
        self.envelope = self._create_envelope()
        self._reset_timeout()
        await self.push(self._reply_to_data(answers))
        if self.door.is_closing:
            self.end(replies.CLOSING)

    def _reply_to_data(self, answers: list[str]) -> str:
        """SMTP knows one for all: unless each is recorded, the whole is sent again, and counted once even so."""
        return next((answer for answer in answers if answer != replies.RECORDED), replies.RECORDED)

    async def _read_into(self, held: "Held") -> str:
        """Reads to the end of the message; answers why it cannot be taken, or nothing."""
        limit = self.door.limits.message_octets
        refusal, size, tail, ended = "", 0, b"\r\n", False
        while not ended:
            try:
                piece = await self._reader.readuntil(_DOT)
            except asyncio.LimitOverrunError as longer:
                piece = await self._reader.read(longer.consumed)
            tail = (tail + piece)[-5:]
            ended = tail == b"\r\n" + _DOT
            piece = piece.removesuffix(_DOT) if ended else piece
            size += len(piece)
            if size > limit:
                refusal = replies.TOO_BIG
            elif not refusal and not held.keep(piece):
                refusal = replies.NO_ROOM
            if refusal:
                held.release()
            if size > FAR_TOO_BIG * limit:
                self.end(refusal)
        return refusal

    @syntax("VRFY <address>")
    async def smtp_VRFY(self, arg: str | None) -> None:
        await self.push(replies.NO_VRFY)

    async def smtp_EXPN(self, arg: str | None) -> None:
        await self.push(replies.NO_EXPN)

    async def smtp_AUTH(self, arg: str | None) -> None:
        await self.push(replies.NO_AUTH)

    async def smtp_HELP(self, arg: str | None) -> None:
        await self.push(replies.HELP)


class Held:
    """The pieces of one message, counted against what all conversations together may hold."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._pieces: list[bytes] = []
        self._size = 0

    def keep(self, piece: bytes) -> bool:
        """False when there is no room."""
        if not self._door.take_room(len(piece)):
            return False
        self._pieces.append(piece)
        self._size += len(piece)
        return True

    def content(self) -> bytes:
        """The message as it was before dots were doubled (RFC 5321 section 4.5.2)."""
        whole = b"".join(self._pieces)
        self._pieces.clear()
        return whole.removeprefix(b".").replace(b"\r\n.", b"\r\n")

    def release(self) -> None:
        self._door.give_room(self._size)
        self._pieces.clear()
        self._size = 0
