import smtplib
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from post_office_kit import RETURN_PATH, ReturnsServer, hand_over, wait_for

from rehearsal import PostOffice
from tests.servers import free_port, smtp_server


def test_a_report_waits_for_its_moment(returns: ReturnsServer) -> None:
    with PostOffice(("127.0.0.1", returns.port), delay=0.4) as office:
        started = time.monotonic()
        hand_over(office, "bounce@example.org")
        wait_for(lambda: returns.taken)
    assert time.monotonic() - started >= 0.4


def test_a_report_that_is_put_off_is_sent_again(post_office: PostOffice, returns: ReturnsServer) -> None:
    returns.answers = ["451 4.3.0 database away", "421 4.3.2 closing", "451 4.3.0 still away"]
    hand_over(post_office, "bounce@example.org")
    wait_for(post_office.reports_sent)
    assert (len(returns.taken), post_office.counts()["reports_sent"]) == (1, 1)


def test_a_report_that_is_refused_is_not_sent_again(post_office: PostOffice, returns: ReturnsServer) -> None:
    returns.answers = ["550 5.7.1 not ours"]
    hand_over(post_office, "bounce@example.org")
    wait_for(lambda: post_office.counts()["reports_refused"] == 1)
    hand_over(post_office, "bounce@example.org")
    wait_for(lambda: returns.taken)
    assert len(returns.taken) == 1


def test_reports_wait_for_a_listener_that_is_away() -> None:
    server = ReturnsServer(port=free_port())
    with PostOffice(("127.0.0.1", server.port), delay=0.0, retry=0.05) as office:
        for number in range(5):
            hand_over(office, f"bounce.{number}@example.org")
        time.sleep(0.3)
        assert office.counts()["reports_sent"] == 0
        with smtp_server(server, server.port):
            wait_for(lambda: len(office.reports_sent()) == 5)
    assert len(server.taken) == 5
    assert len({to for _, to, _ in server.taken}) == 1


def test_a_listener_that_restarts_loses_and_doubles_nothing() -> None:
    server = ReturnsServer(port=free_port())
    with PostOffice(("127.0.0.1", server.port), delay=0.0, retry=0.05) as office:
        with smtp_server(server, server.port):
            hand_over(office, "bounce@example.org")
            wait_for(lambda: len(office.reports_sent()) == 1)
        hand_over(office, "bounce.2@example.org")
        time.sleep(0.1)
        with smtp_server(server, server.port):
            wait_for(lambda: len(office.reports_sent()) == 2)
    assert len(server.taken) == 2


@pytest.mark.parametrize("local", ["bounce", "away", "full"])
def test_a_message_without_a_return_path_is_never_answered(
    post_office: PostOffice, returns: ReturnsServer, local: str
) -> None:
    assert hand_over(post_office, f"{local}@example.org", sender="")[0] == 250
    time.sleep(0.3)
    assert returns.taken == []
    assert post_office.counts()["reports_waiting"] == 0


def test_two_post_offices_that_report_to_each_other_make_no_loop() -> None:
    port = free_port()
    with (
        PostOffice(smtp_port=port, delay=0.0) as there,
        PostOffice(("127.0.0.1", port), delay=0.0) as here,
    ):
        hand_over(here, "away@example.org", sender="away@example.net")
        wait_for(lambda: there.counts()["accepted"] == 1)
        time.sleep(0.2)
        assert there.messages()[0].sender == ""
        assert (here.counts()["accepted"], there.counts()["reports_sent"]) == (1, 0)


def test_each_recipient_of_one_message_gets_a_report_of_its_own(
    post_office: PostOffice, returns: ReturnsServer
) -> None:
    with smtplib.SMTP("127.0.0.1", post_office.smtp_port, local_hostname="client") as client:
        client.sendmail(RETURN_PATH, ["bounce@example.org", "full@example.org", "jane@example.org"], b"A: b\r\n\r\n")
    wait_for(lambda: len(post_office.reports_sent()) == 2)
    assert {sent.recipient for sent in post_office.reports_sent()} == {"bounce@example.org", "full@example.org"}
    assert post_office.messages()[0].recipients[2] == "jane@example.org"


def test_many_messages_from_many_connections_all_arrive() -> None:

    def send(office: PostOffice, batch: int) -> None:
        with smtplib.SMTP("127.0.0.1", office.smtp_port, local_hostname="client", timeout=60) as client:
            for number in range(25):
                client.sendmail(RETURN_PATH, [f"jane.{batch}.{number}@example.org"], b"A: b\r\n\r\nhello\r\n")

    with PostOffice() as office, ThreadPoolExecutor(20) as pool:
        for sending in [pool.submit(send, office, batch) for batch in range(20)]:
            sending.result()
        letters = office.messages()
    assert len({letter.recipients for letter in letters}) == len({letter.id for letter in letters}) == 500
