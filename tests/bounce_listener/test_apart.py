"""Reports that come by pipe or from a mailbox are read in a process of their own, within limits."""

import io
from pathlib import Path
from typing import Any

import pytest

from bounce_listener import apart, pipe
from bounce_listener.apart import read_apart
from bounce_listener.report import read_report
from messaging.models import EvidenceKind, Message, MessageStatus
from tests.listener_kit import message_now, receipts, report
from tests.sent_messages import send

SAMPLES = sorted((Path(__file__).parents[1] / "reports").glob("*.eml"))


@pytest.fixture
def fake_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "PROGRAM", "tests.bounce_listener.fake_reader")
    monkeypatch.setattr(apart, "SECONDS", 10.0)  # its start is within them, on a slow machine too


def by_pipe(app: Any, message: Message, raw: bytes) -> int:
    """The exit status."""
    paths = app.extensions["postround_return_paths"]
    recipient = paths.address_for(message.id, message.created_at.date())
    return pipe.run(app, io.BytesIO(raw), recipient)


@pytest.mark.parametrize("path", SAMPLES[::12], ids=lambda path: path.stem)
def test_it_says_what_read_report_says(path: Path) -> None:
    raw = path.read_bytes()
    assert read_apart(raw) == read_report(raw)


@pytest.mark.usefixtures("fake_reader")
@pytest.mark.parametrize("hostile", [b"hang", b"die", b"eat"])
def test_a_report_that_harms_its_reader_is_kept_unread_and_the_pipe_exits_with_0(
    cast: Any, base_app: Any, hostile: bytes
) -> None:
    (message,) = send(cast.riverside)
    raw = report(message.to_address) + hostile
    assert by_pipe(base_app, message, raw) == pipe.DONE
    (receipt,) = receipts()
    assert (receipt.kind, receipt.understood, receipt.message_id) == (EvidenceKind.OTHER, False, message.id)
    assert receipt.text == raw.decode()
    assert message_now(message).status is MessageStatus.SENT


@pytest.mark.usefixtures("fake_reader")
def test_when_no_reader_starts_the_mail_server_tries_again_later(
    cast: Any, base_app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (message,) = send(cast.riverside)
    monkeypatch.setenv("READER_DOES_NOT_START", "1")
    assert by_pipe(base_app, message, report(message.to_address)) == pipe.TRY_AGAIN
    assert receipts() == []
    monkeypatch.delenv("READER_DOES_NOT_START")
    assert by_pipe(base_app, message, report(message.to_address)) == pipe.DONE
    assert message_now(message).status is MessageStatus.FAILED
