"""The pipe transport: what Postfix and Exim hand over, and the exit status they act upon."""

import subprocess
import sys
from typing import Any

import pytest

from messaging.config import Settings
from messaging.models import Message, MessageStatus
from tests.databases import BOTH
from tests.listener_kit import ROOT, Listener, environ, message_now, receipts, report
from tests.sent_messages import send

DONE, TRY_AGAIN = 0, 75


def pipe(settings: Settings, raw: bytes, *arguments: str, **more: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "bounce_listener", "--pipe", *arguments],
        cwd=ROOT,
        env=environ(settings, 0, **more),
        input=raw,
        capture_output=True,
        timeout=90,
        check=False,
    )


def return_path(settings: Settings, message: Message, days_ago: int = 0) -> str:
    return Listener(settings, port=0).return_path(message, days_ago)


@BOTH
def test_a_report_is_recorded_before_it_exits_with_0(cast: Any, settings: Settings) -> None:
    (message,) = send(cast.riverside)
    done = pipe(settings, report(message.to_address), "--recipient", return_path(settings, message))
    assert (done.returncode, done.stdout) == (DONE, b"")
    assert message_now(message).status is MessageStatus.FAILED
    assert receipts()[0].via == "pipe"
    assert b"@" not in done.stderr


@pytest.mark.parametrize(
    "way", ["ORIGINAL_RECIPIENT", "RECIPIENT", "LOCAL_PART and DOMAIN", "Delivered-To", "mbox with bare LF"]
)
def test_the_return_path_may_be_told_in_other_ways(cast: Any, settings: Settings, way: str) -> None:
    (message,) = send(cast.riverside)
    path = return_path(settings, message)
    local, _, domain = path.partition("@")
    told = {"LOCAL_PART": local, "DOMAIN": domain} if " and " in way else {way: path} if way.isupper() else {}
    raw = report(message.to_address)
    if not told:
        raw = f"Delivered-To: {path}\r\n".encode() + raw
    if way.startswith("mbox"):
        raw = b"From MAILER-DAEMON Mon Nov 23 10:00:00 2026\n" + raw.replace(b"\r\n", b"\n")
    assert pipe(settings, raw, **told).returncode == DONE
    assert message_now(message).status is MessageStatus.FAILED


def test_the_same_report_by_pipe_and_again_with_other_line_ends_counts_once(cast: Any, settings: Settings) -> None:
    (message,) = send(cast.riverside)
    raw = report(message.to_address)
    for copy in (raw, raw.replace(b"\r\n", b"\n")):
        assert pipe(settings, copy, "--recipient", return_path(settings, message)).returncode == DONE
    assert len(receipts()) == 1


def test_forged_altered_and_expired_return_paths_are_dropped_without_a_mail(cast: Any, settings: Settings) -> None:
    (message,) = send(cast.riverside)
    good = return_path(settings, message)
    for path in ("x" + good, "ann@example.org", return_path(settings, message, 31)):
        done = pipe(settings, report(message.to_address), "--recipient", path)
        assert (done.returncode, done.stdout) == (DONE, b"")
        assert b"dropped a report" in done.stderr
    assert receipts() == []


def test_whatever_is_wrong_on_our_side_leaves_it_in_their_queue(cast: Any, settings: Settings) -> None:
    (message,) = send(cast.riverside)
    path = return_path(settings, message)
    away = pipe(settings, report("a@example.org"), "--recipient", path, DATABASE_URL="sqlite:////nowhere/postround.db")
    assert away.returncode == TRY_AGAIN
    mistaken = pipe(settings, report("a@example.org"), "--recipient", path, SECRET_KEY="")
    assert mistaken.returncode == TRY_AGAIN
    assert mistaken.stderr.startswith(b"SECRET_KEY is not set")
    untold = pipe(settings, report("a@example.org"))
    assert untold.returncode == TRY_AGAIN
    assert b"--recipient" in untold.stderr
    assert receipts() == []


def test_a_report_of_many_megabytes_is_read_from_its_beginning(cast: Any, settings: Settings) -> None:
    (message,) = send(cast.riverside)
    done = pipe(settings, report(message.to_address) + b"y" * (5 << 20), "--recipient", return_path(settings, message))
    assert done.returncode == DONE
    assert message_now(message).status is MessageStatus.FAILED
