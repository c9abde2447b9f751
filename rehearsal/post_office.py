"""The post office as one thing to start, ask and stop."""

import asyncio
import logging
import threading
from datetime import UTC, datetime
from types import TracebackType
from weakref import WeakSet

from rehearsal.answers import PlannedReport, answer_for
from rehearsal.letters import Addressee, Letter, Letters
from rehearsal.reports import Matter, out_of_office, report
from rehearsal.returns import Returns, SentReport
from rehearsal.server import HOSTNAME, MAXIMUM_SIZE, Counter, PostOfficeSMTP

_DELIVERED = PlannedReport("delivered", "postfix", "2.1.5", "250 2.1.5 Delivered", waits=1)


class PostOffice:
    """A pretend post office on a loopback port.

    `returns` is the host and port that stand for every return path's MX (the bounce listener), or None for
    no reports at all; `delay` the seconds before a report goes; `retry` the first wait after a failed try.
    `smtp_port` 0 takes a free port, which stands in `smtp_port` once started.
    """

    def __init__(
        self,
        returns: tuple[str, int] | None = None,
        delay: float = 2.0,
        *,
        smtp_host: str = "127.0.0.1",
        smtp_port: int = 0,
        slow_seconds: float = 10.0,
        retry: float = 1.0,
        limit: int = 20_000,
    ) -> None:
        self.smtp_host = smtp_host
        self.smtp_port = smtp_port
        self.delay = delay
        self.letters = Letters(limit)
        self.returns = Returns(returns, retry)
        self._counter = Counter(self.letters, self._accepted, slow_seconds)
        self._loop: asyncio.AbstractEventLoop
        self._connections: WeakSet[PostOfficeSMTP] = WeakSet()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._run, name="rehearsal-smtp", daemon=True)

    def __enter__(self) -> "PostOffice":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        self._loop = asyncio.new_event_loop()
        logging.getLogger("mail.log").setLevel(logging.WARNING)  # its lines hold addresses
        try:
            self._server = self._loop.run_until_complete(
                self._loop.create_server(self._connection, self.smtp_host, self.smtp_port, backlog=512)
            )
        except OSError:
            self._loop.close()
            raise
        self.smtp_port = self._server.sockets[0].getsockname()[1]
        self._thread.start()
        self.returns.start()

    def stop(self) -> None:
        """Stop listening, hang up on everybody, forget the reports that wait. The messages can still be read."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(15)
        self.returns.stop()

    def messages(self) -> list[Letter]:
        """The messages that reached the inbox and are still held, oldest first."""
        return [letter for letter in self.letters.all() if letter.in_inbox]

    def reports_sent(self) -> list[SentReport]:
        """The reports and automatic replies that the return path's server took, oldest first."""
        return self.returns.sent()

    def counts(self) -> dict[str, int]:
        """Totals since the start: see Letters.counts, and `reports_…` from Returns.counts."""
        return self.letters.counts() | {f"reports_{name}": n for name, n in self.returns.counts().items()}

    def bounce(self, letter: Letter, style: str) -> int:
        """Report the message as failed now, in that style, for each recipient. Answers how many reports that makes."""
        if not letter.sender:
            return 0
        diagnostic = "550 5.1.1 No mailbox here by that name"
        for addressee in letter.addressees:
            self._report(letter, addressee, PlannedReport("failed", style, "5.1.1", diagnostic, waits=0))
        return len(letter.addressees)

    def _accepted(self, letter: Letter) -> None:
        """Plan what follows; runs on the event loop, between DATA and its 250."""
        for addressee in letter.addressees:
            answer = answer_for(addressee.address)
            if answer.inbox_waits:
                self._loop.call_later(self.delay * answer.inbox_waits, self.letters.arrive, letter)
            if not letter.sender:
                continue  # never answer a report with a report
            for planned in answer.reports:
                if planned.action in addressee.options.notify:
                    self._report(letter, addressee, planned)
            if answer.reaches_inbox and "delivered" in addressee.options.notify:
                self._report(letter, addressee, _DELIVERED)
            if answer.autoreply:
                self._reply(letter, addressee)

    def _report(self, letter: Letter, addressee: Addressee, planned: PlannedReport) -> None:
        sent = SentReport(letter.id, addressee.address, planned.action, planned.style, planned.status)
        self.returns.send(
            sent,
            letter.sender,
            lambda: report(planned.style, _matter(letter, addressee, planned)),
            self.delay * planned.waits,
        )

    def _reply(self, letter: Letter, addressee: Addressee) -> None:
        planned = PlannedReport("autoreply", "", "", "")
        sent = SentReport(letter.id, addressee.address, "autoreply", "", "")
        self.returns.send(
            sent,
            letter.sender,
            lambda: out_of_office(_matter(letter, addressee, planned)),
            self.delay,
        )

    def _connection(self) -> PostOfficeSMTP:
        connection = PostOfficeSMTP(
            self._counter,
            hostname=HOSTNAME,
            ident="Rehearsal: nothing leaves this computer",
            data_size_limit=MAXIMUM_SIZE,
            enable_SMTPUTF8=True,
            loop=self._loop,
        )
        self._connections.add(connection)
        return connection

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            if connection.transport is not None:
                connection.transport.close()
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()


def _matter(letter: Letter, addressee: Addressee, planned: PlannedReport) -> Matter:
    return Matter(
        number=letter.id,
        return_path=letter.sender,
        recipient=addressee.address,
        action=planned.action,
        status=planned.status,
        diagnostic=planned.diagnostic,
        raw=letter.raw,
        arrived=letter.received_at,
        now=datetime.now(UTC),
        envelope_id=letter.options.envelope_id,
        original_recipient=addressee.options.original_recipient,
        headers_only=letter.options.headers_only,
    )
