import smtplib
import time

import pytest
from post_office_kit import MESSAGE, RETURN_PATH, ReturnsServer, hand_over, wait_for

from rehearsal import PostOffice
from rehearsal.answers import case_of


@pytest.mark.parametrize(
    ("address", "case"),
    [
        ("nobody@example.org", "nobody"),
        ("NoBody@example.org", "nobody"),
        ("nobody.7@example.org", "nobody"),
        ("nobody12@example.org", "nobody"),
        ("nobody+flu.2@example.org", "nobody"),
        ("delayfail.2@example.org", "delayfail"),
        ("jane.nobody@example.org", ""),
        ("nobodys@example.org", ""),
        ("full.house@example.org", ""),
        ("jane@nobody.example.org", ""),
        ("", ""),
    ],
)
def test_the_local_part_decides_whatever_its_case_number_or_tag(address: str, case: str) -> None:
    assert case_of(address) == case


@pytest.mark.parametrize(
    ("local", "code", "status"),
    [
        ("nobody", 550, "5.1.1"),
        ("closed", 550, "5.2.1"),
        ("refused", 554, "5.7.1"),
        ("spam", 550, "5.7.26"),
        ("big", 552, "5.3.4"),
    ],
)
def test_it_refuses_for_good_and_keeps_nothing(
    post_office: PostOffice, returns: ReturnsServer, local: str, code: int, status: str
) -> None:
    for _ in range(2):
        answer, words = hand_over(post_office, f"{local}@example.org")
        assert (answer, words.split()[0]) == (code, status)

    assert post_office.letters.all() == []
    assert post_office.counts()[f"refused:{local}"] == 2
    time.sleep(0.2)
    assert returns.taken == []


@pytest.mark.parametrize("local", ["nobody", "closed"])
def test_an_unknown_mailbox_is_refused_before_any_data(post_office: PostOffice, local: str) -> None:
    with smtplib.SMTP("127.0.0.1", post_office.smtp_port, local_hostname="client") as client:
        client.ehlo()
        client.mail(RETURN_PATH)
        assert client.rcpt(f"{local}@example.org")[0] == 550
        assert client.docmd("DATA")[0] == 503


@pytest.mark.parametrize("local", ["refused", "spam", "big"])
def test_a_refusal_by_content_comes_after_the_data(post_office: PostOffice, local: str) -> None:
    with smtplib.SMTP("127.0.0.1", post_office.smtp_port, local_hostname="client") as client:
        client.ehlo()
        client.mail(RETURN_PATH)
        assert client.rcpt(f"{local}@example.org")[0] == 250
        assert client.data(MESSAGE)[0] >= 550


def test_later_puts_each_recipient_off_once(post_office: PostOffice) -> None:
    assert hand_over(post_office, "later@example.org")[0] == 451
    assert hand_over(post_office, "later.2@example.org")[0] == 451
    assert hand_over(post_office, "LATER@example.org")[0] == 250
    assert hand_over(post_office, "later@example.org")[0] == 250


def test_busy_hangs_up_once_and_then_accepts(post_office: PostOffice) -> None:
    with smtplib.SMTP("127.0.0.1", post_office.smtp_port, local_hostname="client", timeout=60) as client:
        client.ehlo()
        client.mail(RETURN_PATH)
        assert client.rcpt("busy@example.org")[0] == 421
        with pytest.raises(smtplib.SMTPServerDisconnected):
            client.docmd("NOOP")
    assert hand_over(post_office, "busy@example.org")[0] == 250


def test_slow_keeps_only_its_own_connection_waiting() -> None:
    with (
        PostOffice(slow_seconds=2) as office,
        smtplib.SMTP("127.0.0.1", office.smtp_port, local_hostname="client", timeout=60) as slow,
    ):
        slow.ehlo()
        slow.mail(RETURN_PATH)
        slow.rcpt("slow@example.org")
        slow.docmd("DATA")
        started = time.monotonic()
        slow.send(MESSAGE + b".\r\n")
        assert hand_over(office, "jane@example.org")[0] == 250
        assert [letter.recipients for letter in office.messages()] == [("jane@example.org",)]
        assert slow.getreply()[0] == 250
        assert time.monotonic() - started >= 2
        assert len(office.messages()) == 2


def test_an_ordinary_address_gets_the_message_exactly_as_it_was_sent(post_office: PostOffice) -> None:
    content = MESSAGE + b".a line with a dot\r\n\xc3\xa9\r\n"
    assert hand_over(post_office, "jane@example.org", content=content, mail=("BODY=8BITMIME",))[0] == 250

    (letter,) = post_office.messages()
    assert (letter.sender, letter.recipients, letter.raw) == (RETURN_PATH, ("jane@example.org",), content)


def test_an_address_with_letters_beyond_ascii_is_taken(post_office: PostOffice) -> None:
    with smtplib.SMTP("127.0.0.1", post_office.smtp_port, local_hostname="client") as client:
        client.sendmail(RETURN_PATH, ["zoë@example.org"], MESSAGE, ["SMTPUTF8"])
    assert post_office.messages()[0].recipients == ("zoë@example.org",)


def test_delay_reaches_the_inbox_after_its_report(returns: ReturnsServer) -> None:
    with PostOffice(("127.0.0.1", returns.port), delay=1) as office:
        hand_over(office, "delay@example.org")
        assert office.messages() == []
        wait_for(office.messages)
        wait_for(office.reports_sent)
        assert office.counts()["inbox"] == 1


def test_old_messages_are_dropped_and_still_counted() -> None:
    with PostOffice(limit=3) as office:
        for number in range(5):
            hand_over(office, f"jane{number}@example.org")
        assert [letter.recipients[0][:5] for letter in office.messages()] == ["jane2", "jane3", "jane4"]
        counts = office.counts()
    assert (counts["accepted"], counts["inbox"], counts["dropped"]) == (5, 5, 2)


def test_pipelined_commands_are_answered_in_order(post_office: PostOffice) -> None:
    with smtplib.SMTP("127.0.0.1", post_office.smtp_port, local_hostname="client", timeout=60) as client:
        client.ehlo()
        assert {"pipelining", "dsn", "smtputf8", "8bitmime", "size", "enhancedstatuscodes"} <= set(
            client.esmtp_features
        )
        client.send(b"MAIL FROM:<a@example.org>\r\nRCPT TO:<nobody@example.org>\r\n")
        client.send(b"RCPT TO:<jane@example.org>\r\nDATA\r\n")
        assert [client.getreply()[0] for _ in range(4)] == [250, 550, 250, 354]
        client.send(MESSAGE + b".\r\n")
        assert client.getreply()[0] == 250


def test_stopping_hangs_up_and_frees_the_port() -> None:
    with PostOffice() as office:
        port = office.smtp_port
        client = smtplib.SMTP("127.0.0.1", port, local_hostname="client", timeout=60)
    with pytest.raises((smtplib.SMTPServerDisconnected, OSError)):
        client.ehlo()
    client.close()
    with PostOffice(smtp_port=port) as again:
        assert hand_over(again, "jane@example.org")[0] == 250


def test_a_port_that_is_taken_is_an_error_at_once() -> None:
    with PostOffice() as office, pytest.raises(OSError, match="address already in use"):
        PostOffice(smtp_port=office.smtp_port).start()
