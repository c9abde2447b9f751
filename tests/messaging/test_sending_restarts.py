"""What befalls several connections at the same moment is one event, and goes by itself."""

import threading

import pytest
from flask import Flask

from messaging import delivery
from messaging.models import BatchStatus
from tests.cast import make_cast
from tests.mail_host import SILENCE, MailHost
from tests.sending_kit import fresh, host, make_due, messages, redis_server, sending, started
from tests.servers import wait_until

__all__ = ["host", "redis_server", "sending"]
CONNECTIONS = 4


def test_a_smart_host_that_restarts_with_mail_in_its_hands_does_not_hold_the_batch(
    sending: Flask, host: MailHost
) -> None:
    contents = 0

    def answer(_recipient: str) -> str:
        nonlocal contents
        contents += 1
        if contents == 1 + CONNECTIONS:
            threading.Timer(0.1, host.drop_all).start()
        return SILENCE if 1 < contents <= 1 + CONNECTIONS else ""

    host.answers["CONTENT"] = answer
    batch = started(make_cast().riverside, 12)
    for _ in range(2):  # those in doubt go again after a while
        delivery.send(batch.id)
        assert not fresh(batch).is_held
        make_due(batch)
    assert fresh(batch).status is BatchStatus.DONE
    assert host.recipients == sorted(message.to_address for message in messages(batch))
    assert sum(message.may_be_twice for message in messages(batch)) == CONNECTIONS


def test_connections_that_are_refused_while_others_carry_are_a_limit_and_no_setback(
    sending: Flask, host: MailHost, caplog: pytest.LogCaptureFixture
) -> None:
    host.answers["GREETING"] = lambda _: "421 4.7.0 too many connections from you" if host.open_now > 1 else ""
    batch = started(make_cast().riverside, 60)
    delivery.send(batch.id)
    assert fresh(batch).status is BatchStatus.DONE
    assert len(host.taken) == 60
    assert host.connections <= CONNECTIONS
    assert "setback" not in caplog.text


def test_connections_that_are_lost_together_are_one_setback(
    sending: Flask, host: MailHost, caplog: pytest.LogCaptureFixture
) -> None:
    silences = 0
    proves_itself = iter([True])

    def answer(_sender: str) -> str:
        nonlocal silences
        if silences == CONNECTIONS or next(proves_itself, False):
            return ""
        wait_until(lambda: host.open_now == CONNECTIONS, what="all connections open")
        silences += 1
        if silences == CONNECTIONS:
            threading.Timer(0.1, host.drop_all).start()
        return SILENCE

    def greet(_argument: str) -> str:
        if silences == CONNECTIONS:  # a new one must not carry while the last of these are being lost
            wait_until(lambda: caplog.records, what="a setback")
        return ""

    host.answers.update(MAIL=answer, GREETING=greet)
    batch = started(make_cast().riverside, 12)
    delivery.send(batch.id)
    assert fresh(batch).status is BatchStatus.DONE
    assert len(host.taken) == 12
    assert [record.getMessage() for record in caplog.records] == ["smart host: setback 1 stage=mail code=None"]
