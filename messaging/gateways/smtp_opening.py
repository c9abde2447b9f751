"""Opening an SMTP connection to the smart host: connect, EHLO, STARTTLS, AUTH, in that order and none left out.

smtplib does this part, which is rare and blocks; once it is open, the connection is driven by gateways.smtp.
"""

import smtplib
import socket
import ssl
from dataclasses import dataclass

from messaging.config import SmartHost
from messaging.gateways.base import Answer, Stage

# One of them is tried, once: smtplib would try all that are offered, and a locked account helps nobody.
WAYS_TO_SIGN_IN = ("PLAIN", "LOGIN", "CRAM-MD5")


class CannotOpen(Exception):
    """`answer.stage` says how far it came."""

    def __init__(self, stage: Stage, code: int | None, text: str | bytes) -> None:
        if isinstance(text, bytes):
            text = text.decode("utf-8", "replace")
        super().__init__(stage)
        self.answer = Answer(stage, code, text)


@dataclass(frozen=True, slots=True)
class Opened:
    """`client` keeps the socket alive; nobody speaks through it any more."""

    client: smtplib.SMTP
    features: frozenset[str]

    @property
    def socket(self) -> socket.socket:
        found: socket.socket | None = self.client.sock
        assert found is not None
        return found


def open_connection(host: SmartHost, *, hello: str, timeout: float) -> Opened:
    """Raises CannotOpen. Never goes on unencrypted, or without signing in, where the settings ask for either."""
    client = _connected(host, hello, timeout)
    try:
        _hello(client)
        if host.starttls:
            _encrypt(client, host)
        if host.username:
            _sign_in(client, host)
        assert client.sock is not None
        client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return Opened(client, frozenset(client.esmtp_features))
    except BaseException:
        client.close()
        raise


def _connected(host: SmartHost, hello: str, timeout: float) -> smtplib.SMTP:
    try:
        if host.implicit_tls:
            return smtplib.SMTP_SSL(
                host.host, host.port, local_hostname=hello, timeout=timeout, context=_tls_context(host)
            )
        return smtplib.SMTP(host.host, host.port, local_hostname=hello, timeout=timeout)
    except ssl.SSLCertVerificationError as error:
        raise CannotOpen(Stage.TLS, None, _about_certificate(error)) from None
    except smtplib.SMTPConnectError as error:
        raise CannotOpen(Stage.CONNECT, error.smtp_code, error.smtp_error) from None
    except (OSError, smtplib.SMTPException) as error:
        raise CannotOpen(Stage.CONNECT, None, event(error)) from None


def _hello(client: smtplib.SMTP) -> None:
    try:
        client.ehlo_or_helo_if_needed()
    except smtplib.SMTPHeloError as error:
        raise CannotOpen(Stage.HELLO, error.smtp_code, error.smtp_error) from None
    except (OSError, smtplib.SMTPException) as error:
        raise CannotOpen(Stage.HELLO, None, event(error)) from None


def _encrypt(client: smtplib.SMTP, host: SmartHost) -> None:
    if not client.has_extn("starttls"):
        raise CannotOpen(Stage.TLS, None, "it does not offer STARTTLS, and unencrypted sending is not allowed")
    try:
        code, words = client.starttls(context=_tls_context(host))
        if code != 220:
            raise CannotOpen(Stage.TLS, code, words)
        client.ehlo_or_helo_if_needed()
    except ssl.SSLCertVerificationError as error:
        raise CannotOpen(Stage.TLS, None, _about_certificate(error)) from None
    except (OSError, smtplib.SMTPException) as error:
        raise CannotOpen(Stage.HELLO, None, event(error)) from None


def _sign_in(client: smtplib.SMTP, host: SmartHost) -> None:
    offered = client.esmtp_features.get("auth", "").upper().split()
    client.esmtp_features["auth"] = next((way for way in WAYS_TO_SIGN_IN if way in offered), "")
    try:
        client.login(host.username, host.password)
    except smtplib.SMTPNotSupportedError:
        raise CannotOpen(Stage.AUTH, None, "it offers no way to sign in (AUTH)") from None
    except smtplib.SMTPResponseException as error:
        raise CannotOpen(Stage.AUTH, error.smtp_code, error.smtp_error) from None
    except smtplib.SMTPServerDisconnected as error:
        raise CannotOpen(Stage.HELLO, None, event(error)) from None
    except smtplib.SMTPException:
        raise CannotOpen(Stage.AUTH, None, "it offers no way to sign in that we know") from None
    except OSError as error:
        raise CannotOpen(Stage.HELLO, None, event(error)) from None


def _tls_context(host: SmartHost) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not host.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _about_certificate(error: ssl.SSLCertVerificationError) -> str:
    return f"its certificate could not be checked ({error.verify_message})"


def event(error: BaseException) -> str:
    """What happened on the network, in a few words that hold no patient's data."""
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    if isinstance(error, ConnectionRefusedError):
        return "nobody answers there (connection refused)"
    if isinstance(error, socket.gaierror):
        return "its name could not be found"
    if isinstance(error, ssl.SSLError):
        return f"the encrypted connection failed ({error.reason or 'TLS'})"
    if isinstance(error, OSError) and error.strerror:
        return f"the connection failed ({error.strerror.lower()})"
    return "it closed the connection"
