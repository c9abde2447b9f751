"""Reports out of a mailbox: what is recorded, what is left, and what a lost connection changes (nothing)."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from imap_server import ImapServer, Mailbox
from sqlalchemy import select

from bounce_listener import mailbox as polling
from bounce_listener.mailbox_address import MailboxAddress
from messaging.config import SettingsError
from messaging.db import db, utcnow
from messaging.models import Heartbeat, Message, MessageStatus
from messaging.return_path import return_paths
from tests.databases import BOTH
from tests.listener_kit import message_now, receipts, report
from tests.sent_messages import send
from tests.servers import wait_until


@pytest.fixture
def imap() -> Iterator[ImapServer]:
    with ImapServer(Mailbox()) as server:
        yield server
        server.shutdown()


def came_back(message: Message, *, field: str = "Delivered-To", days_ago: int = 0, mark: str = "one") -> bytes:
    today = utcnow().date()
    path = return_paths().address_for(message.id, today.fromordinal(today.toordinal() - days_ago))
    return f"{field}: <{path}>\r\n".encode() + report(message.to_address, mark=mark)


def poll_once(app: Any, imap: ImapServer, options: str = "") -> int:
    return polling.run(app, imap.url(options=options), once=True, stop=threading.Event())


@BOTH
def test_a_report_is_recorded_and_then_marked_as_seen(base_app: Any, cast: Any, imap: ImapServer) -> None:
    (message,) = send(cast.riverside)
    mail = imap.mailbox.add(came_back(message))
    assert poll_once(base_app, imap) == 0
    assert mail.flags == {"\\Seen"}
    assert message_now(message).status is MessageStatus.FAILED
    assert receipts()[0].via == "mailbox"
    assert db.session.scalars(select(Heartbeat.name)).all() == ["bounces"]


@pytest.mark.parametrize("field", ["X-Original-To", "X-Gm-Original-To", "Envelope-To", "To", "Received"])
def test_the_return_path_is_found_wherever_a_mail_system_puts_it(
    base_app: Any, cast: Any, imap: ImapServer, field: str
) -> None:
    (message,) = send(cast.riverside)
    imap.mailbox.add(came_back(message, field=field))
    poll_once(base_app, imap)
    assert message_now(message).status is MessageStatus.FAILED


@pytest.mark.parametrize("can_move", [True, False])
def test_what_is_done_may_be_moved_to_a_folder(base_app: Any, cast: Any, imap: ImapServer, can_move: bool) -> None:
    imap.mailbox.can_move = can_move
    (message,) = send(cast.riverside)
    imap.mailbox.add(came_back(message))
    assert poll_once(base_app, imap, "&done=Read%20reports") == 0
    assert imap.mailbox.folders["INBOX"] == []
    assert len(imap.mailbox.folders["Read reports"]) == 1


def test_mail_that_is_not_ours_is_left_counted_and_looked_at_once(
    base_app: Any, cast: Any, imap: ImapServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    (message,) = send(cast.riverside)
    returned_inside = b"To: ann@example.org\r\n\r\n" + came_back(message)
    forged = came_back(message).replace(b"<r-", b"<r-a", 1)
    mails = [imap.mailbox.add(raw) for raw in (b"Subject: hello\r\n\r\nhello", returned_inside, forged)]
    box = polling.Mailbox(base_app, MailboxAddress.parse(imap.url()))
    box.poll()
    box.poll()
    assert (box.counts.left, box.counts.recorded) == (3, 0)
    assert [mail.flags for mail in mails] == [set()] * 3
    assert len(imap.mailbox.fetched) == 3
    imap.mailbox.validity += 1
    box.poll()
    assert len(imap.mailbox.fetched) == 6
    assert receipts() == []
    assert "@" not in caplog.text


def test_an_expired_return_path_is_done_with_and_changes_nothing(base_app: Any, cast: Any, imap: ImapServer) -> None:
    (message,) = send(cast.riverside)
    mail = imap.mailbox.add(came_back(message, days_ago=31))
    assert poll_once(base_app, imap) == 0
    assert mail.flags == {"\\Seen"}
    assert receipts() == []


@pytest.mark.parametrize("command", ["LOGIN", "SELECT", "UID SEARCH", "UID FETCH", "UID STORE"])
def test_a_lost_connection_loses_nothing_and_counts_nothing_twice(
    base_app: Any, cast: Any, imap: ImapServer, command: str
) -> None:
    messages = send(cast.riverside, 3)
    for message in messages:
        imap.mailbox.add(came_back(message))
    imap.mailbox.hangs_up_before = command
    assert poll_once(base_app, imap) == 75
    assert poll_once(base_app, imap) == 0
    assert {message_now(message).status for message in messages} == {MessageStatus.FAILED}
    assert [receipt.applied for receipt in receipts()] == [True] * 3


def test_it_goes_on_polling_through_lost_connections_until_it_is_stopped(
    base_app: Any, cast: Any, imap: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "POLL_SECONDS", 0.05)
    (message,) = send(cast.riverside)
    imap.mailbox.hangs_up_before = "UID SEARCH"
    imap.mailbox.add(came_back(message))
    stop = threading.Event()
    thread = threading.Thread(target=polling.run, args=(base_app, imap.url()), kwargs={"stop": stop})
    thread.start()
    try:
        wait_until(lambda: imap.mailbox.sign_ins > 3, what="more rounds")
    finally:
        stop.set()
        thread.join(10)
    assert message_now(message).status is MessageStatus.FAILED


def test_a_refused_sign_in_or_folder_is_tried_again_later(base_app: Any, imap: ImapServer) -> None:
    wrong = imap.url().replace("returns:", "returns:wrong")
    assert polling.run(base_app, wrong, once=True, stop=threading.Event()) == 75
    assert polling.run(base_app, imap.url("Nowhere"), once=True, stop=threading.Event()) == 75


def test_while_the_database_is_away_the_mailbox_waits(
    base_app: Any, cast: Any, imap: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    (message,) = send(cast.riverside)
    mail = imap.mailbox.add(came_back(message))
    with monkeypatch.context() as patch:
        from sqlalchemy.exc import OperationalError

        def away(*_: Any, **__: Any) -> None:
            raise OperationalError("", {}, Exception())

        patch.setattr("messaging.receipts.record_many", away)
        assert poll_once(base_app, imap) == 75
    assert mail.flags == set()
    assert poll_once(base_app, imap) == 0
    assert mail.flags == {"\\Seen"}


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("", "not set"),
        ("https://u:secret@example.org/", "not a mailbox"),
        ("imaps://example.org/INBOX", "not a mailbox"),
        ("imaps://u:secret@example.org:port/", "not a mailbox"),
        ("imaps://u:secret@example.org/?delete=on", "option"),
        ("imaps://u:secret@example.org/B%C3%BCcher", "ASCII"),
    ],
)
def test_a_mistaken_address_is_told_in_a_sentence_without_its_password(base_app: Any, url: str, word: str) -> None:
    with pytest.raises(SettingsError) as told:
        polling.run(base_app, url, once=True)
    assert word in str(told.value)
    assert "secret" not in str(told.value)


def test_an_address_is_read_with_its_ports_folders_and_quoted_signs() -> None:
    address = MailboxAddress.parse("imaps://r%40example.org:p%2Fw@mail.example.org/Returns?done=Old%20ones")
    assert (address.host, address.port, address.username, address.password) == (
        "mail.example.org",
        993,
        "r@example.org",
        "p/w",
    )
    assert (address.folder, address.done, address.implicit_tls, address.starttls) == (
        "Returns",
        "Old ones",
        True,
        False,
    )
    assert MailboxAddress.parse("imap://u:p@mail.example.org").starttls
