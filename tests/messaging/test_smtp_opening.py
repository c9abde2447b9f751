"""Opening a connection: encrypted and signed in where the settings ask for it, or not at all."""

import socket
import ssl
import subprocess
import threading
from pathlib import Path

import pytest

from messaging.config import SmartHost
from messaging.gateways.base import End, Parcel, Stage
from messaging.gateways.smtp import SmtpGateway
from messaging.gateways.smtp_opening import CannotOpen, open_connection
from tests.mail_host import CLOSE, SILENCE, mail_host
from tests.servers import LOOPBACK, free_port

PARCEL = Parcel(1, "r-a@returns.example", "ann@patients.example", b"Subject: x\r\n\r\nhi\r\n" * 3000)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    )
    subprocess.run(
        [*command.split(), "-keyout", folder / "both.pem", "-out", folder / "cert.pem"], check=True, capture_output=True
    )
    with (folder / "both.pem").open("a") as both:
        both.write((folder / "cert.pem").read_text())
    return folder / "both.pem"


def server_context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def refused(host: SmartHost, timeout: float = 60) -> CannotOpen:
    with pytest.raises(CannotOpen) as caught:
        open_connection(host, hello="surgery.example", timeout=timeout).client.close()
    return caught.value


def carry(host: SmartHost, parcel: Parcel = PARCEL) -> End:
    gateway = SmtpGateway(host, hello="surgery.example", timeout=60, messages_per_connection=10)
    gateway.grow(1)
    while not gateway.ready:
        gateway.wait(1)
        assert not gateway.failures, gateway.failures
    gateway.start(parcel)
    outcomes = []
    while not outcomes:
        outcomes = gateway.wait(1)
    gateway.dispose()
    return outcomes[0].end


def test_a_message_goes_over_starttls_with_a_password(certificate: Path) -> None:
    with mail_host(features=("STARTTLS", "PIPELINING", "AUTH PLAIN"), tls=server_context(certificate)) as host:
        host.always("AUTH", "235 2.7.0 welcome")
        smart_host = SmartHost(LOOPBACK, host.port, "user", "secret", verify=False)
        assert carry(smart_host) is End.ACCEPTED
        verbs = [command.split()[0] for command in host.commands]
        assert verbs.index("STARTTLS") < verbs.index("AUTH") < verbs.index("MAIL")
        assert host.taken[0].content == PARCEL.content


def test_a_certificate_that_nobody_vouches_for_is_refused(certificate: Path) -> None:
    with mail_host(features=("STARTTLS",), tls=server_context(certificate)) as host:
        error = refused(SmartHost("localhost", host.port))
        assert error.answer.stage is Stage.TLS
        assert "certificate could not be checked" in error.answer.text
        assert not any(command.startswith(("AUTH", "MAIL")) for command in host.commands)


def test_it_never_goes_on_unencrypted_when_starttls_is_not_offered() -> None:
    with mail_host(features=()) as host:
        error = refused(SmartHost(LOOPBACK, host.port, "user", "secret"))
        assert (error.answer.stage, error.answer.code) == (Stage.TLS, None)
        assert not any(command.startswith("AUTH") for command in host.commands)


def test_it_never_goes_on_without_signing_in() -> None:
    with mail_host(features=()) as host:
        assert refused(SmartHost(LOOPBACK, host.port, "user", "secret", starttls=False)).answer.stage is Stage.AUTH


def test_a_wrong_password_is_told_in_the_server_s_words() -> None:
    with mail_host(features=("AUTH PLAIN LOGIN",)) as host:
        host.always("AUTH", "535 5.7.8 bad credentials")
        answer = refused(SmartHost(LOOPBACK, host.port, "user", "secret", starttls=False)).answer
        assert (answer.stage, answer.words) == (Stage.AUTH, "535 5.7.8 bad credentials")
        assert sum(command.startswith("AUTH") for command in host.commands) == 1, "no second guess at a locked account"


@pytest.mark.parametrize(
    ("verb", "reply", "stage", "code"),
    [
        ("GREETING", "554 5.7.1 you are on a list", Stage.CONNECT, 554),
        ("GREETING", "421 4.3.2 too many connections", Stage.CONNECT, 421),
        ("GREETING", CLOSE, Stage.CONNECT, None),
        ("GREETING", SILENCE, Stage.CONNECT, None),
        ("EHLO", CLOSE, Stage.HELLO, None),
    ],
)
def test_how_far_it_came_is_told(verb: str, reply: str, stage: Stage, code: int | None) -> None:
    with mail_host() as host:
        host.always(verb, reply)
        answer = refused(SmartHost(LOOPBACK, host.port, starttls=False), timeout=0.5 if reply == SILENCE else 60).answer
        assert (answer.stage, answer.code) == (stage, code)


@pytest.mark.parametrize(
    ("name", "words"), [(LOOPBACK, "connection refused"), ("no-such-host.invalid", "name could not be found")]
)
def test_nobody_there_is_told_in_words(name: str, words: str) -> None:
    assert words in refused(SmartHost(name, free_port(), starttls=False)).answer.text


def test_tls_that_breaks_in_the_middle_of_a_message_is_never_a_yes(certificate: Path) -> None:
    """The far side drops the line after DATA, with half of a large message read."""
    with mail_host(features=("STARTTLS", "PIPELINING"), tls=server_context(certificate)) as host:
        host.once("DATA", CLOSE)
        assert carry(SmartHost(LOOPBACK, host.port, verify=False)) is End.RETURNED
        assert not host.taken


def test_a_message_too_large_for_one_write_arrives_whole() -> None:
    content = b"Subject: large\r\n\r\n" + b"0123456789abcdef\r\n" * 400_000
    with mail_host() as host:
        parcel = Parcel(1, "r@returns.example", "ann@patients.example", content)
        assert carry(SmartHost(LOOPBACK, host.port, starttls=False), parcel) is End.ACCEPTED
        assert host.taken[0].content == content


def test_a_server_that_stops_reading_is_given_up_and_has_nothing() -> None:
    listener = socket.create_server((LOOPBACK, 0))

    def read_until_data() -> None:
        connection, _ = listener.accept()
        connection.sendall(b"220 hi\r\n")
        said = b""
        while b"DATA" not in said:
            said += connection.recv(1000)
            if said.endswith(b"\r\n") and b"ehlo" in said:
                connection.sendall(b"250-x\r\n250 PIPELINING\r\n")
                said = b""
        connection.sendall(b"250 ok\r\n250 ok\r\n354 go\r\n")
        done.wait(60)
        connection.close()

    done = threading.Event()
    threading.Thread(target=read_until_data, daemon=True).start()
    content = b"Subject: large\r\n\r\n" + b"x" * 30_000_000
    gateway = SmtpGateway(
        SmartHost(LOOPBACK, listener.getsockname()[1], starttls=False),
        hello="x",
        timeout=3,
        messages_per_connection=9,
    )
    gateway.grow(1)
    while not gateway.ready:
        gateway.wait(1)
    gateway.start(Parcel(1, "r@returns.example", "ann@patients.example", content))
    outcomes = []
    while not outcomes:
        outcomes = gateway.wait(1)
    assert outcomes[0].end is End.RETURNED, "the final dot never left"
    done.set()
    gateway.dispose()
    listener.close()
