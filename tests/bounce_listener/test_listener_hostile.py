"""What nobody decent sends, over real sockets: the listener answers, keeps its memory bounded, and goes on."""

import contextlib
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from messaging.models import Message, MessageStatus
from tests.listener_kit import RawConversation, World, message_now, receipts, report
from tests.sent_messages import send
from tests.servers import wait_until

pytestmark = pytest.mark.xdist_group("listener-hostile")
SMUGGLED = b"MAIL FROM:<>\r\nRCPT TO:<%s>\r\nDATA\r\n" + report("smuggled@example.org") + b"\r\n.\r\n"


def still_works(world: World) -> bool:
    (message,) = send(world.riverside)
    world.listener.send(report(message.to_address), world.listener.return_path(message))
    return message_now(message).status is MessageStatus.FAILED


def memory_of(world: World) -> int:
    """Resident octets of the listener itself."""
    assert world.listener.process is not None
    status = Path(f"/proc/{world.listener.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def conversation(world: World, message: Message) -> RawConversation:
    raw = world.listener.raw()
    raw.begin(world.listener.return_path(message))
    return raw


@pytest.mark.parametrize(
    "end",
    [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n", b"\n.\r", b"\r\n.\x00\r\n", b"\r\n\x00.\r\n"],
)
def test_nothing_but_crlf_dot_crlf_ends_a_message_so_nothing_can_be_smuggled(world: World, end: bytes) -> None:
    one, other = send(world.riverside, 2)
    smuggled = SMUGGLED % world.listener.return_path(other).encode()
    with conversation(world, one) as raw:
        raw.socket.sendall(b"Subject: x\r\n\r\nhello" + end + smuggled)
        assert raw.reply().startswith("250")
        assert raw.say("NOOP").startswith("250")
    assert [receipt.message_id for receipt in receipts()] == [one.id]


def test_a_message_may_end_at_any_boundary_of_packets_and_dots_are_undoubled(world: World) -> None:
    messages = send(world.riverside, 4)
    for message, pieces in zip(
        messages,
        [
            (b".\r\n",),
            (b"a", b"\r", b"\n", b".", b"\r", b"\n"),
            (b"..one\r\n...two\r\nthree.\r\n.\r", b"\n"),
            (b"x" * 65_535 + b"\r\n", b".\r\n"),
        ],
        strict=True,
    ):
        with conversation(world, message) as raw:
            for piece in pieces:
                raw.socket.sendall(piece)
                time.sleep(0.02)
            assert raw.reply().startswith("250"), pieces
    texts = {receipt.message_id: receipt.text for receipt in receipts()}
    assert set(texts) == {message.id for message in messages}


def test_a_report_with_a_line_of_60000_octets_is_read(world: World) -> None:
    (message,) = send(world.riverside)
    long = report(message.to_address).replace(
        b"Diagnostic-Code:", b"X-Long: " + b"y" * 60_000 + b"\r\nDiagnostic-Code:"
    )
    world.listener.send(long, world.listener.return_path(message))
    assert message_now(message).status is MessageStatus.FAILED


def test_two_megabytes_of_one_line_are_read_and_more_is_too_big(world: World) -> None:
    fits, announced, unannounced = send(world.riverside, 3)
    with conversation(world, fits) as raw:
        raw.socket.sendall(b"y" * ((2 << 20) - 10))
        assert raw.say(b"\r\n.").startswith("250")
    with world.listener.smtp() as smtp:
        smtp.ehlo()
        assert smtp.mail("", [f"SIZE={(2 << 20) + 1}"])[0] == 552
    with conversation(world, unannounced) as raw:
        raw.socket.sendall(b"y" * ((2 << 20) + 10))
        assert raw.say(b"\r\n.").startswith("552")
        assert raw.say("NOOP").startswith("250")
    assert [receipt.message_id for receipt in receipts()] == [fits.id]
    assert message_now(announced).status is MessageStatus.SENT


def test_a_report_cut_off_anywhere_is_answered_when_ended_and_forgotten_when_not(world: World) -> None:
    whole = report("patient1@example.org")
    cuts = range(1, len(whole), 61)
    messages = send(world.riverside, len(cuts) + 1)
    with world.listener.smtp() as smtp:
        for cut, message in zip(cuts, messages, strict=False):
            smtp.sendmail("", [world.listener.return_path(message)], whole[:cut])
    assert len(receipts()) == len(cuts)
    with conversation(world, messages[-1]) as raw:
        raw.socket.sendall(whole)
    time.sleep(0.3)
    assert len(receipts()) == len(cuts)


@pytest.mark.parametrize(
    "hostile",
    [
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
        + b'--b\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n' * 10_000,
        b"Content-Type: message/rfc822\r\n\r\n" * 10_000,
        b"Content-Type: text/plain; charset=none\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!=\x00\xff\r\n",
        b"Subject: \xff\xfe\x00\r\nX-\x80: \x00\r\n\r\n\x00\x00\x00",
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n"
        b"Content-Type: message/delivery-status\r\n\r\n"
        + b"\r\n".join(
            b"Final-Recipient: rfc822; p%d@example.net\r\nAction: failed\r\nStatus: 5.1.1\r\n" % n
            for n in range(25_000)
        ),
        b"",
    ],
    ids=[
        "nested multiparts",
        "nested messages",
        "bad encodings",
        "eight bits and NULs",
        "very many recipients",
        "nothing",
    ],
)
def test_hostile_mail_is_kept_with_250_and_marks_nobody(world: World, hostile: bytes) -> None:
    (message,) = send(world.riverside)
    start = time.monotonic()
    world.listener.send(hostile, world.listener.return_path(message))
    assert time.monotonic() - start < 15
    assert message_now(message).status is MessageStatus.SENT
    (receipt,) = receipts()
    assert len(receipt.text or "") <= 64 << 10


def test_floods_of_commands_end_the_connection_and_nothing_else(world: World) -> None:
    for line, most in [(b"NOOP\r\n", 5_000), (b"BLAH\r\n", 5_000), (b"\r\n", 5_000), (b"MAIL FROM:\r\n", 50_000)]:
        with world.listener.raw() as raw:
            raw.reply()
            raw.say("EHLO mx.example.net")
            with contextlib.suppress(ConnectionError):
                for _ in range(most // 500):
                    raw.socket.sendall(line * 500)
            answered = 0
            with contextlib.suppress(ConnectionError):
                while raw.reply():
                    answered += 1
            assert answered < most, line
    assert still_works(world)


def test_a_command_line_without_end_costs_no_memory(world: World) -> None:
    assert still_works(world)
    before = memory_of(world)
    with world.listener.raw() as raw:
        raw.reply()
        for _ in range(400):
            raw.socket.sendall(b"A" * 65_536)
        assert memory_of(world) - before < 8 << 20
        assert raw.say(b"").startswith("500")


def test_five_hundred_connections_at_once_get_a_greeting_or_421_and_it_goes_on(world: World) -> None:
    assert still_works(world)
    before = memory_of(world)
    with contextlib.ExitStack() as stack:
        with ThreadPoolExecutor(20) as pool:
            conversations = list(pool.map(lambda _: stack.enter_context(world.listener.raw()), range(500)))
            greetings = list(pool.map(lambda raw: raw.reply()[:3], conversations))
        assert set(greetings) == {"220", "421"}
        assert greetings.count("220") == 150
        with RawConversation(world.listener.port, source="127.0.0.2") as neighbour:
            assert neighbour.reply().startswith("220")
        assert memory_of(world) - before < 64 << 20
    wait_until(lambda: still_accepts(world), what="room after the rush")
    assert still_works(world)


def still_accepts(world: World) -> bool:
    with world.listener.raw() as raw:
        return raw.reply().startswith("220")


def test_many_large_messages_at_once_stay_within_the_memory_for_all_and_are_put_off(world: World) -> None:
    assert still_works(world)
    before = memory_of(world)
    messages = send(world.riverside, 60)
    piece = b"Subject: x\r\n\r\n" + (b"y" * 998 + b"\r\n") * 1_900
    with contextlib.ExitStack() as stack:
        conversations = [stack.enter_context(conversation(world, message)) for message in messages]
        for raw in conversations:
            raw.socket.sendall(piece)
        assert memory_of(world) - before < 160 << 20
        answers = [raw.say(b".")[:3] for raw in conversations]
    assert set(answers) == {"250", "452"}
    assert len(receipts()) == answers.count("250") + 1
    assert still_works(world)


def test_slow_senders_hold_up_nobody(world: World) -> None:
    (message, other) = send(world.riverside, 2)
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(conversation(world, message)) for _ in range(40)]
        for raw in slow:
            raw.socket.sendall(b"Subj")
        start = time.monotonic()
        world.listener.send(report(other.to_address), world.listener.return_path(other))
        assert time.monotonic() - start < 5
    assert [receipt.message_id for receipt in receipts()] == [other.id]


def test_a_sender_that_goes_away_before_our_answer_may_come_again_and_counts_once(world: World) -> None:
    (message,) = send(world.riverside)
    for _ in range(5):
        with conversation(world, message) as raw:
            raw.socket.sendall(report(message.to_address) + b"\r\n.\r\n")
            raw.socket.shutdown(socket.SHUT_WR)
    wait_until(receipts, what="the report")
    world.listener.send(report(message.to_address), world.listener.return_path(message))
    assert [receipt.applied for receipt in receipts()] == [True]


def test_more_recipients_than_a_transaction_may_have_are_put_off(world: World) -> None:
    messages = send(world.riverside, 101)
    with world.listener.smtp() as smtp:
        smtp.ehlo()
        smtp.mail("")
        answers = [smtp.rcpt(world.listener.return_path(message))[0] for message in messages]
        assert answers == [250] * 100 + [452]
        assert smtp.data(report("x@example.net"))[0] == 250
    assert len(receipts()) == 100
