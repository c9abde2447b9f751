"""The real MTA that journeys send through, on its own: what it offers, reports and leaves behind."""

import email
import smtplib
import time
from email.message import Message

from tests.mta import ENDS_WITHIN_SECONDS, postfix
from tests.pretend_world import pretend_world
from tests.servers import LOOPBACK, Sink, smtp_sink, wait_until

RETURNS = "returns.surgery.example"
EXPECTED = {  # of each kind of patient: what the reports say, in their order
    "ada": [],
    "later": [],
    "nobody": [("failed", "5.1.1")],
    "refused": [("failed", "5.7.1")],
    "full": [("delayed", "4.2.2"), ("failed", "4.2.2")],
}


def test_a_real_mta_reports_to_the_return_path_what_the_world_answered() -> None:
    with pretend_world() as world, smtp_sink() as returns, postfix(world.port, {RETURNS: returns.port}) as mta:
        with smtplib.SMTP(LOOPBACK, mta.port, local_hostname="surgery.example") as client:
            for kind in EXPECTED:
                _send(client, kind)
        wait_until(lambda: len(returns.received) == 3, what="two failures and a delay notice")
        mta.configure(maximal_queue_lifetime="1s", bounce_queue_lifetime="1s")
        wait_until(lambda: len(returns.received) == 4, what="the end of the mail that nobody took")
        wait_until(lambda: len(world.accepted) == 2 and mta.waiting() == 0, what="an empty queue")

        assert _said(returns) == {f"b-{kind}@{RETURNS}": said for kind, said in EXPECTED.items() if said}
        assert sorted(world.patients) == ["ada@patients.example", "later@patients.example"]
        assert all(envelope.mail_from == "<>" for envelope in returns.received)
        stopped_at = time.monotonic()
    assert mta.processes() == []
    assert not mta.spool.exists()
    assert time.monotonic() - stopped_at < ENDS_WITHIN_SECONDS, "some of its processes had to be killed"


def _send(client: smtplib.SMTP, kind: str) -> None:
    to = f"{kind}@patients.example"
    client.ehlo_or_helo_if_needed()
    client.mail(f"b-{kind}@{RETURNS}", ["RET=HDRS", f"ENVID={kind}"])
    code, words = client.rcpt(to, ["NOTIFY=FAILURE,DELAY", f"ORCPT=rfc822;{to}"])
    assert code == 250, words
    code, words = client.data(f"From: surgery@surgery.example\r\nTo: {to}\r\nSubject: Hello\r\n\r\nHello\r\n")
    assert code == 250, words


def _said(returns: Sink) -> dict[str, list[tuple[str, str]]]:
    """What the reports say, by return path; each must carry the envelope id that its message was given."""
    said: dict[str, list[tuple[str, str]]] = {}
    for envelope in returns.received:
        (to,) = envelope.rcpt_tos
        whole, patient = _status_blocks(envelope.content)
        assert whole["Original-Envelope-Id"] == to.removeprefix("b-").partition("@")[0]
        assert patient["Original-Recipient"] == f"rfc822;{whole['Original-Envelope-Id']}@patients.example"
        said.setdefault(to, []).append((patient["Action"], patient["Status"]))
    return said


def _status_blocks(content: bytes | str | None) -> tuple[Message, Message]:
    assert isinstance(content, bytes)
    parts = email.message_from_bytes(content).walk()
    (report,) = (part for part in parts if part.get_content_type() == "message/delivery-status")
    blocks = report.get_payload()
    assert isinstance(blocks, list)
    whole, patient = blocks
    assert isinstance(whole, Message)
    assert isinstance(patient, Message)
    return whole, patient
