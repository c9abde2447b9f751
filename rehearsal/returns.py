"""The way back: reports wait for their moment and go to the return path's server, over and over until taken."""

import heapq
import itertools
import logging
import smtplib
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

log = logging.getLogger("rehearsal.returns")

_CONNECT_SECONDS = 10
_LONGEST_WAIT = 30.0


@dataclass(frozen=True, slots=True)
class SentReport:
    """A report that the return path's server has taken."""

    letter_id: int
    recipient: str
    action: str
    style: str
    status: str


@dataclass(frozen=True, slots=True)
class _Waiting:
    report: SentReport
    return_path: str
    write: Callable[[], bytes]
    tries: int = 0


class Returns:
    """Sends reports from a thread of its own, with the null sender, over one connection kept open.

    A 4xx answer or an absent server means again later (`retry` seconds, doubling up to 30); a 5xx answer is
    final and counted as refused. At most `limit` reports wait; more are counted as dropped.
    """

    def __init__(self, server: tuple[str, int] | None, retry: float = 1.0, limit: int = 50_000) -> None:
        self._server = server
        self._retry = retry
        self._limit = limit
        self._wake = threading.Condition()
        self._heap: list[tuple[float, int, _Waiting]] = []
        self._order = itertools.count()
        self._in_hand = 0
        self._stopping = False
        self._connection: smtplib.SMTP | None = None
        self._sent: deque[SentReport] = deque(maxlen=limit)
        self._totals = {"sent": 0, "refused": 0, "dropped": 0}
        self._thread = threading.Thread(target=self._work, name="rehearsal-returns", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop after the report in hand; those that still wait are forgotten."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        self._thread.join(_CONNECT_SECONDS + 5)

    def send(self, report: SentReport, return_path: str, write: Callable[[], bytes], wait: float) -> None:
        """Have `write` write the report and send it to the return path, `wait` seconds from now."""
        if self._server is None:
            return
        with self._wake:
            if len(self._heap) >= self._limit:
                self._totals["dropped"] += 1
                return
            self._push(time.monotonic() + wait, _Waiting(report, return_path, write))
            self._wake.notify()

    def sent(self) -> list[SentReport]:
        """The reports that were taken, oldest first."""
        with self._wake:
            return list(self._sent)

    def counts(self) -> dict[str, int]:
        """Totals since the start, and how many wait now, the one in hand included."""
        with self._wake:
            return {**self._totals, "waiting": len(self._heap) + self._in_hand}

    def _push(self, due: float, waiting: _Waiting) -> None:
        heapq.heappush(self._heap, (due, next(self._order), waiting))

    def _work(self) -> None:
        while True:
            with self._wake:
                while not self._stopping and (not self._heap or self._heap[0][0] > time.monotonic()):
                    idle = self._heap[0][0] - time.monotonic() if self._heap else 5.0
                    if not self._wake.wait(max(idle, 0)) and not self._heap:
                        self._hang_up()
                if self._stopping:
                    break
                _, _, waiting = heapq.heappop(self._heap)
                self._in_hand = 1
            self._deliver(waiting)
        self._hang_up()

    def _deliver(self, waiting: _Waiting) -> None:
        try:
            self._hand_over(waiting.return_path, waiting.write())
        except smtplib.SMTPNotSupportedError:
            self._refused(waiting, 553)
        except (smtplib.SMTPException, OSError) as error:
            code = _code(error)
            if code >= 500:
                self._refused(waiting, code)
            else:
                self._again(waiting, code)
        else:
            with self._wake:
                self._in_hand = 0
                self._totals["sent"] += 1
                self._sent.append(waiting.report)
            log.info("report taken message=%d action=%s", waiting.report.letter_id, waiting.report.action)

    def _hand_over(self, return_path: str, content: bytes) -> None:
        if self._connection is None:
            assert self._server is not None
            self._connection = smtplib.SMTP(
                *self._server, local_hostname="post-office.example.org", timeout=_CONNECT_SECONDS
            )
            self._connection.ehlo()
        options = []
        if not content.isascii() and self._connection.has_extn("8bitmime"):
            options.append("BODY=8BITMIME")
        if not return_path.isascii():
            options.append("SMTPUTF8")
        try:
            self._connection.sendmail("", [return_path], content, options)
        except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused):
            raise
        except (smtplib.SMTPException, OSError):
            self._hang_up()
            raise

    def _again(self, waiting: _Waiting, code: int) -> None:
        wait = min(self._retry * 2**waiting.tries, _LONGEST_WAIT)
        again = _Waiting(waiting.report, waiting.return_path, waiting.write, min(waiting.tries + 1, 16))
        log.info("report put off message=%d code=%d", waiting.report.letter_id, code)
        with self._wake:
            self._in_hand = 0
            self._push(time.monotonic() + wait, again)
            if code == 0 and not self._stopping:
                self._wake.wait(min(wait, self._retry))  # the server is away: no use to try the next one now

    def _refused(self, waiting: _Waiting, code: int) -> None:
        with self._wake:
            self._in_hand = 0
            self._totals["refused"] += 1
        log.info("report refused message=%d code=%d", waiting.report.letter_id, code)

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.quit()
            except (smtplib.SMTPException, OSError):
                connection.close()


def _code(error: Exception) -> int:
    """The SMTP reply code behind the error, or 0 when there was no answer at all."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return max((code for code, _ in error.recipients.values()), default=0)
    if isinstance(error, smtplib.SMTPResponseException):
        return int(error.smtp_code)
    return 0
