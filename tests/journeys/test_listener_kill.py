"""The listener is killed again and again while reports come in; their senders do what every mail server does: retry."""

import random
import smtplib
import threading
import time
from collections import Counter
from typing import Any

import pytest

from messaging.config import Settings
from messaging.models import Message, MessageStatus
from tests.databases import BOTH
from tests.listener_kit import Listener, listener, receipts, report
from tests.sent_messages import send

MESSAGES = 240
SENDERS = 6
KILLS = 3
SECONDS = 400


class Sender(threading.Thread):
    """Offers each report until it is taken, and remembers how often it was offered."""

    def __init__(self, running: Listener, messages: list[Message], until: float) -> None:
        super().__init__(daemon=True)
        self.running, self.until = running, until
        self.letters = [
            (one.id, running.return_path(one), report(one.to_address, mark=str(one.id))) for one in messages
        ]
        self.acknowledged: list[int] = []
        self.offers: Counter[int] = Counter()

    def run(self) -> None:
        while self.letters and time.monotonic() < self.until:
            try:
                with smtplib.SMTP("127.0.0.1", self.running.port, local_hostname="mx.example.net", timeout=20) as smtp:
                    while self.letters:
                        id_, path, letter = self.letters[0]
                        self.offers[id_] += 1
                        smtp.sendmail("", [path], letter)
                        self.acknowledged.append(id_)
                        self.letters.pop(0)
                        time.sleep(0.02)
            except (smtplib.SMTPException, OSError):
                time.sleep(0.05)


@BOTH
@pytest.mark.timeout(600)
def test_nothing_acknowledged_is_lost_and_nothing_counts_twice(cast: Any, settings: Settings) -> None:
    messages = send(cast.riverside, MESSAGES)
    until = time.monotonic() + SECONDS
    with listener(settings) as running:
        senders = [Sender(running, messages[place::SENDERS], until) for place in range(SENDERS)]
        for sender in senders:
            sender.start()
        chance = random.Random(3)
        for _ in range(KILLS):
            taken = acknowledged(senders)
            wait_for(lambda more=taken: acknowledged(senders) > more + chance.randint(3, 15), until)  # type: ignore[misc]
            running.kill()
            assert len(receipts()) >= acknowledged(senders)
            running.start()
        for sender in senders:
            sender.join(max(0.0, until - time.monotonic()))
        assert running.stop() == 0
    assert acknowledged(senders) == MESSAGES
    offers = sum((sender.offers for sender in senders), Counter())
    assert max(offers.values()) > 1, "no report was offered twice: the kills missed"
    kept = receipts()
    assert Counter(receipt.message_id for receipt in kept) == dict.fromkeys((message.id for message in messages), 1)
    assert all(receipt.applied for receipt in kept)
    assert {message.status for message in messages} == {MessageStatus.FAILED}


def acknowledged(senders: list[Sender]) -> int:
    return sum(len(sender.acknowledged) for sender in senders)


def wait_for(condition: Any, until: float) -> None:
    while not condition() and time.monotonic() < until:
        time.sleep(0.01)
