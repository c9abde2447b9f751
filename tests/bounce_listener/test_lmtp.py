import socket
from pathlib import Path
from typing import Any

from messaging.config import Settings
from messaging.models import MessageStatus
from tests.databases import BOTH
from tests.listener_kit import RawConversation, listener, message_now, receipts, report
from tests.sent_messages import send
from tests.servers import LOOPBACK


@BOTH
def test_each_recipient_gets_an_answer_of_its_own(cast: Any, settings: Settings) -> None:
    one, two = send(cast.riverside, 2)
    with listener(settings, "--lmtp") as running, RawConversation(running.port) as raw:
        assert raw.reply().startswith("220")
        assert raw.say("EHLO mta.example.net").startswith("500")
        assert raw.say("MAIL FROM:<>").startswith("503")
        assert raw.say("LHLO mta.example.net").startswith("250")
        raw.say("MAIL FROM:<>")
        assert raw.say(f"RCPT TO:<{running.return_path(one)}>").startswith("250")
        assert raw.say("RCPT TO:<somebody@example.org>").startswith("550")
        assert raw.say(f"RCPT TO:<{running.return_path(two)}>").startswith("250")
        raw.say("DATA")
        raw.socket.sendall(report(one.to_address) + b"\r\n.\r\n")
        assert [raw.reply()[:3], raw.reply()[:3]] == ["250", "250"]
        assert raw.say("NOOP").startswith("250")
        raw.say("MAIL FROM:<>")
        raw.say(f"RCPT TO:<{running.return_path(one)}>")
        raw.say(f"RCPT TO:<{running.return_path(two)}>")
        raw.say("DATA")
        raw.socket.sendall(b"x" * (3 << 20) + b"\r\n.\r\n")
        assert [raw.reply()[:3], raw.reply()[:3]] == ["552", "552"]
    assert {message_now(message).status for message in (one, two)} == {MessageStatus.FAILED}
    assert {receipt.via for receipt in receipts()} == {"lmtp"}


def test_it_may_listen_on_a_socket_that_only_this_machine_reaches(
    cast: Any, settings: Settings, tmp_path: Path
) -> None:
    (message,) = send(cast.riverside)
    path = tmp_path / "returns.sock"
    with listener(settings, "--lmtp", str(path)) as running, socket.socket(socket.AF_UNIX) as plug:
        plug.connect(str(path))
        file = plug.makefile("rb")
        plug.sendall(
            f"LHLO mta\r\nMAIL FROM:<>\r\nRCPT TO:<{running.return_path(message)}>\r\nDATA\r\n".encode()
            + report(message.to_address)
            + b"\r\n.\r\nQUIT\r\n"
        )
        answers = [line[:3] for line in file.read().splitlines() if line[3:4] == b" "]
        file.close()
    assert answers == [b"220", b"250", b"250", b"250", b"354", b"250", b"221"]
    assert message_now(message).status is MessageStatus.FAILED
    assert LOOPBACK not in running.log
