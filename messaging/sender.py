"""What a process that sends keeps from one round to the next: its open connections, its standing, its share."""

import contextlib
import os
import secrets
import socket
import threading
from collections.abc import Iterator

from flask import current_app

from messaging.config import Settings, settings
from messaging.gateways.smtp import SmtpGateway
from messaging.pace import Pace
from messaging.queue import redis_connection
from messaging.standing import Standing

LINGER_SECONDS = 10.0  # connections stay open so long after a round: well within the lease of their share


class Sender:
    """One per process. `stopping` is set by SIGTERM; a round then finishes what is in flight and ends."""

    def __init__(self, config: Settings) -> None:
        self.name = f"{socket.gethostname()[:30]}:{os.getpid()}:{secrets.token_hex(4)}"
        self.connections = config.smtp_connections
        self.stopping = threading.Event()
        self.standing = Standing()
        self.gateway = SmtpGateway(
            config.outgoing,
            hello=config.return_path_domain,
            timeout=config.smtp_timeout_seconds,
            messages_per_connection=config.smtp_messages_per_connection,
        )
        self.pace = Pace(
            redis_connection(config.redis_url, retries=0),  # sending goes on without it, so it is asked once
            self.name,
            connections=config.smtp_connections,
            per_second=config.smtp_messages_per_second,
            per_second_per_domain=config.smtp_messages_per_second_per_domain,
        )
        self._busy = threading.Lock()
        self._linger: threading.Timer | None = None

    @contextlib.contextmanager
    def round(self) -> Iterator[None]:
        """The connections are the caller's for this long, and stay open a little longer for the next one."""
        with self._busy:
            if self._linger is not None:
                self._linger.cancel()
            try:
                yield
            finally:
                self._linger = threading.Timer(LINGER_SECONDS, self.hang_up)
                self._linger.daemon = True
                self._linger.start()

    def hang_up(self) -> None:
        """Closes the connections, unless a round is using them."""
        if self._busy.acquire(blocking=False):
            try:
                self.gateway.close()
                self.pace.leave()
            finally:
                self._busy.release()

    def end(self) -> None:
        """The process, or the application, ends."""
        with self._busy:
            if self._linger is not None:
                self._linger.cancel()
            self.gateway.dispose()
            self.pace.leave()
            self.pace.close()


def sender() -> Sender:
    """Of this process and the application in hand."""
    found: Sender | None = current_app.extensions.get("postround_sender")
    if found is None:
        found = current_app.extensions["postround_sender"] = Sender(settings())
    return found
