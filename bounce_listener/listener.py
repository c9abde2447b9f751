"""The listener as a whole: its socket, the door, the readers, the recorder, its heartbeat, and a decent end."""

import asyncio
import logging
import signal
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from bounce_listener.desk import Desk
from bounce_listener.door import Door, Doorman, Limits
from bounce_listener.handler import Handler
from bounce_listener.lmtp import LmtpConversation
from bounce_listener.server import Conversation
from messaging import heartbeats
from messaging.config import Settings, SettingsError
from messaging.db import db, utcnow
from messaging.return_path import ReturnPaths

BACKLOG = 512
BEAT_SECONDS = 60.0
GRACE_SECONDS = 10.0  # for reports whose senders already wait for our answer

log = logging.getLogger(__name__)


class CannotListen(Exception):
    """One sentence for the administrator."""


@asynccontextmanager
async def listening(
    app: Flask, *, lmtp: str | bool = False, limits: Limits | None = None
) -> AsyncIterator[asyncio.Server]:
    """Listens until the block ends. `lmtp` is False for SMTP, True for LMTP on the same port, or a socket's path."""
    settings: Settings = app.extensions["postround_settings"]
    paths: ReturnPaths = app.extensions["postround_return_paths"]
    tls = tls_context(settings)
    desk, door = Desk(), Door(limits or Limits())
    handler = Handler(desk, paths, settings.return_path_days, "lmtp" if lmtp else "smtp")
    kind = LmtpConversation if lmtp else Conversation
    converse = partial(kind, handler, door, hostname=settings.return_path_domain, tls=tls)
    server = await _bind(lambda: Doorman(door, converse), settings, lmtp if isinstance(lmtp, str) else "")
    try:
        await desk.open()
        async with server:
            yield server
            server.close()
            await door.close(GRACE_SECONDS)
    finally:
        await desk.close()


async def serve(app: Flask, *, lmtp: str | bool = False) -> None:
    """Until SIGTERM or SIGINT. Raises CannotListen."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with listening(app, lmtp=lmtp) as server:
        log.info("listening on %s", ", ".join(str(socket.getsockname()) for socket in server.sockets))
        beats = asyncio.create_task(_beat(app))
        await stop.wait()
        log.info("stopping")
        beats.cancel()
        with suppress(asyncio.CancelledError):
            await beats


def tls_context(settings: Settings) -> ssl.SSLContext | None:
    """Raises SettingsError for a certificate that cannot be used."""
    certificate, key = settings.bounce_listener_tls_certificate, settings.bounce_listener_tls_key
    if not certificate:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key)
    except OSError as error:
        raise SettingsError(
            [
                "BOUNCE_LISTENER_TLS_CERTIFICATE and BOUNCE_LISTENER_TLS_KEY cannot be used together "
                f"({error.strerror or error.args[0]}): check both paths, and that the key belongs to the certificate."
            ]
        ) from None
    return context


async def _bind(protocol: type[asyncio.Protocol] | object, settings: Settings, path: str) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    host, port = settings.bounce_listener_host, settings.bounce_listener_port
    try:
        if path:
            return await loop.create_unix_server(protocol, path, backlog=BACKLOG)  # type: ignore[arg-type]
        return await loop.create_server(protocol, host, port, backlog=BACKLOG)  # type: ignore[arg-type]
    except OSError as error:
        where = f"the socket {Path(path)}" if path else f"port {port} of {host}"
        raise CannotListen(
            f"The bounce listener cannot listen on {where} ({error.strerror or error}): stop the program that holds "
            "it, or set BOUNCE_LISTENER_HOST and BOUNCE_LISTENER_PORT to another place."
        ) from None


async def _beat(app: Flask) -> None:
    """Says once a minute that we live; a database that is away misses a beat."""
    while True:
        await asyncio.to_thread(_beat_once, app)
        await asyncio.sleep(BEAT_SECONDS)


def _beat_once(app: Flask) -> None:
    with app.app_context():
        try:
            heartbeats.beat(heartbeats.BOUNCES, utcnow())
        except SQLAlchemyError as error:
            log.error("no heartbeat error=%s", type(error).__name__)
        finally:
            db.session.remove()
