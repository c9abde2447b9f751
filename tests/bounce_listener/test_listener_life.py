"""The listener from its start to its end: settings, port, certificate, heartbeat, a database that goes away."""

import smtplib
import socket
import sqlite3
import ssl
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from messaging.config import Settings
from messaging.db import db
from messaging.models import Heartbeat, MessageStatus
from tests.listener_kit import ROOT, environ, listener, message_now, report
from tests.sent_messages import send
from tests.servers import LOOPBACK, wait_until


@pytest.fixture
def certificate(tmp_path: Any) -> Any:
    made = tmp_path / "certificate.pem"
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa",
            "-nodes",
            "-subj",
            "/CN=localhost",
            "-keyout",
            "key.pem",
            "-out",
            "certificate.pem",
        ],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    return made


def test_starttls_is_offered_with_a_certificate_and_still_no_sign_in(
    cast: Any, settings: Settings, certificate: Any
) -> None:
    (message,) = send(cast.riverside)
    tls = {
        "BOUNCE_LISTENER_TLS_CERTIFICATE": str(certificate),
        "BOUNCE_LISTENER_TLS_KEY": str(certificate.parent / "key.pem"),
    }
    with listener(settings, **tls) as running, running.smtp() as smtp:
        trusting = ssl.create_default_context(cafile=str(certificate))
        trusting.check_hostname = False
        smtp.starttls(context=trusting)
        smtp.ehlo()
        assert not smtp.has_extn("auth")
        smtp.sendmail("", [running.return_path(message)], report(message.to_address))
    assert message_now(message).status is MessageStatus.FAILED


def test_it_beats_once_a_minute_and_ends_decently_with_conversations_open(cast: Any, settings: Settings) -> None:
    with listener(settings) as running:
        wait_until(lambda: db.session.rollback() or db.session.get(Heartbeat, "bounces"), what="a heartbeat")
        with running.raw() as idle:
            idle.reply()
            assert running.stop() == 0
            assert idle.reply().startswith("421")
    assert "Traceback" not in running.log


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_while_the_database_is_away_it_says_451_and_takes_the_report_later(
    cast: Any, settings: Settings, postgres_server: str
) -> None:
    one, two = send(cast.riverside, 2)
    name = urlsplit(settings.database_url).path.lstrip("/")
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
    with listener(settings) as running, psycopg.connect(postgres_server, autocommit=True) as server:
        running.send(report(one.to_address), running.return_path(one))
        db.session.remove()
        db.engine.dispose()
        server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        server.execute(end, [name])
        with pytest.raises(smtplib.SMTPDataError) as refused:
            running.send(report(two.to_address), running.return_path(two))
        assert refused.value.smtp_code == 451
        server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        assert message_now(two).status is MessageStatus.SENT
        running.send(report(two.to_address), running.return_path(two))
    assert message_now(two).status is MessageStatus.FAILED


def test_it_starts_without_a_database_and_says_451_until_there_is_one(
    cast: Any, settings: Settings, tmp_path: Path
) -> None:
    (message,) = send(cast.riverside)
    later = tmp_path / "later" / "postround.db"
    with listener(replace(settings, database_url=f"sqlite:///{later}")) as running:
        with pytest.raises(smtplib.SMTPDataError) as refused:
            running.send(report(message.to_address), running.return_path(message))
        assert refused.value.smtp_code == 451
        later.parent.mkdir()
        with closing(sqlite3.connect(later)) as copy:
            db.session.connection().connection.driver_connection.backup(copy)  # type: ignore[union-attr]
        running.send(report(message.to_address), running.return_path(message))
    with closing(sqlite3.connect(later)) as copy:
        assert copy.execute("SELECT status FROM messages").fetchall() == [("failed",)]


def start_with(settings: Settings, port: int, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bounce_listener"],
        cwd=ROOT,
        env=environ(settings, port, **more),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_port_in_use_is_told_in_one_sentence(settings: Settings) -> None:
    with socket.create_server((LOOPBACK, 0)) as holder:
        done = start_with(settings, holder.getsockname()[1])
    assert done.returncode == 1
    assert done.stderr.startswith("The bounce listener cannot listen on port")
    assert len(done.stderr.splitlines()) == 1


def test_each_mistake_in_the_settings_is_a_sentence_and_nothing_starts(settings: Settings, tmp_path: Any) -> None:
    done = start_with(settings, 0, SECRET_KEY="short", RETURN_PATH_KEYS="")
    assert done.returncode == 1
    assert [line.split()[0] for line in done.stderr.splitlines()] == ["SECRET_KEY", "RETURN_PATH_KEYS"]
    nowhere = str(tmp_path / "nowhere.pem")
    done = start_with(settings, 0, BOUNCE_LISTENER_TLS_CERTIFICATE=nowhere, BOUNCE_LISTENER_TLS_KEY=nowhere)
    assert done.returncode == 1
    assert "BOUNCE_LISTENER_TLS_CERTIFICATE" in done.stderr
    assert "Traceback" not in done.stderr
