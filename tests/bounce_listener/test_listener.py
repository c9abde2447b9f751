"""The listener over real sockets, on both databases: what it takes, what it refuses, what becomes of it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from messaging.db import db, transaction, utcnow
from messaging.models import EvidenceKind, Message, MessageStatus, Suppression
from tests.listener_kit import AUTOREPLY, World, message_now, receipts, report
from tests.sent_messages import send
from tests.servers import LOOPBACK

pytestmark = pytest.mark.xdist_group("listener")


def test_a_report_to_a_signed_return_path_fails_that_patient_before_250(world: World) -> None:
    one, other = send(world.riverside, 2)
    world.listener.send(report(one.to_address), world.listener.return_path(one))
    assert message_now(one).status is MessageStatus.FAILED
    assert message_now(other).status is MessageStatus.SENT
    (receipt,) = receipts()
    assert (receipt.message_id, receipt.applied, receipt.status) == (one.id, True, "5.1.1")
    assert receipt.text is not None
    assert "could not be delivered" in receipt.text
    assert "An invitation" not in receipt.text
    assert db.session.scalars(select(Suppression.email)).all() == [one.to_address]
    assert f"report message={one.id} kind=failed" in world.listener.log
    assert "@" not in world.listener.log


def test_the_same_report_again_and_its_relayed_copy_count_once(world: World) -> None:
    (message,) = send(world.riverside)
    once = report(message.to_address)
    for copy in (once, once, b"Received: from another by a third\r\nX-Spam: no\r\n" + once):
        world.listener.send(copy, world.listener.return_path(message))
    assert [receipt.applied for receipt in receipts()] == [True]


def test_a_delay_an_autoreply_and_a_later_failure_are_all_kept_and_only_the_failure_counts(world: World) -> None:
    (message,) = send(world.riverside)
    path = world.listener.return_path(message)
    world.listener.send(report(message.to_address, action="delayed", status="4.4.1", mark="delay"), path)
    world.listener.send(AUTOREPLY, path, sender="ann@example.org")
    assert message_now(message).status is MessageStatus.SENT
    world.listener.send(report(message.to_address), path)
    kinds = [(receipt.kind, receipt.applied) for receipt in receipts()]
    K = EvidenceKind
    assert kinds == [(K.DELAYED, False), (K.AUTOREPLY, False), (K.FAILED, True)]


def test_a_report_that_names_another_address_is_still_our_patients_and_keeps_it(world: World) -> None:
    (message,) = send(world.riverside)
    world.listener.send(report("forwarded@elsewhere.example.net"), world.listener.return_path(message))
    assert message_now(message).status is MessageStatus.FAILED
    assert receipts()[0].address == "forwarded@elsewhere.example.net"


def test_a_report_that_names_several_others_marks_nobody_and_waits_for_a_person(world: World) -> None:
    (message,) = send(world.riverside)
    several = report("x@elsewhere.example.net").replace(
        b"\r\n\r\n--b-one\r\nContent-Type: text/rfc822",
        b"\r\n\r\nFinal-Recipient: rfc822; y@elsewhere.example.net\r\nAction: failed\r\nStatus: 5.1.1"
        b"\r\n\r\n--b-one\r\nContent-Type: text/rfc822",
    )
    world.listener.send(several, world.listener.return_path(message))
    assert message_now(message).status is MessageStatus.SENT
    (receipt,) = receipts()
    assert (receipt.understood, receipt.kind) == (False, EvidenceKind.OTHER)
    assert receipt.text


def test_several_return_paths_in_one_transaction_are_each_about_their_own_message(world: World) -> None:
    messages = send(world.riverside, 3)
    world.listener.send(report(messages[0].to_address), *map(world.listener.return_path, messages))
    assert {message_now(message).status for message in messages} == {MessageStatus.FAILED}
    assert {receipt.message_id for receipt in receipts()} == {message.id for message in messages}


def test_a_thousand_forged_altered_expired_and_foreign_return_paths_are_refused_before_data(world: World) -> None:
    (message,) = send(world.riverside)
    with world.listener.smtp() as smtp:
        good = world.listener.return_path(message)
        altered = [good[:at] + ("b" if good[at] != "b" else "c") + good[at + 1 :] for at in range(len(good))]
        expired = [world.listener.return_path(message, days) for days in range(31, 131)]
        foreign = [good.replace("riverside", f"practice{number}") for number in range(200)]
        forged = [f"r-{number:07d}-{'a' * 16}@{world.listener.settings.return_path_domain}" for number in range(600)]
        others = ["postmaster", f"ann%{LOOPBACK}@{good.partition('@')[2]}", "ann@example.org", "@a,@b:c@example.org"]
        smtp.ehlo()
        tried = [*altered, *expired, *foreign, *forged, *others]
        assert len(tried) >= 950 + len(others)
        for path in tried:
            smtp.mail("")
            code, words = smtp.rcpt(path)
            assert code in (550, 553), (path, words)
            assert smtp.docmd("DATA")[0] == 503
            smtp.rset()
        assert smtp.rcpt(good)[0] == 503
        smtp.mail("")
        assert smtp.rcpt(good)[0] == 250
    assert receipts() == []
    assert message_now(message).status is MessageStatus.SENT


def test_a_return_path_is_taken_in_any_case_and_until_it_expires(world: World) -> None:
    (message,) = send(world.riverside)
    with transaction():
        message.created_at -= timedelta(days=30)
    world.listener.send(report(message.to_address), world.listener.return_path(message).upper())
    assert message_now(message).status is MessageStatus.FAILED


def test_a_report_to_a_return_path_of_another_day_is_not_about_the_message_that_has_its_number_now(
    world: World,
) -> None:
    (message,) = send(world.riverside)
    world.listener.send(report(message.to_address), world.listener.return_path(message, days_ago=1))
    (receipt,) = receipts()
    assert (receipt.message_id, receipt.applied) == (None, False)
    assert message_now(message).status is MessageStatus.SENT
    assert db.session.scalars(select(Suppression.email)).all() == []


def test_it_says_nothing_about_who_is_there_and_asks_for_a_greeting_first(world: World) -> None:
    with world.listener.raw() as raw:
        assert raw.reply().startswith("220")
        assert raw.say("MAIL FROM:<>").startswith("503")
        offered = raw.say("EHLO mx.example.net")
        assert {"SIZE 2097152", "8BITMIME", "SMTPUTF8"} <= {line[4:].strip() for line in offered.splitlines()}
        assert "AUTH" not in offered
        assert "STARTTLS" not in offered
        assert raw.say("VRFY postmaster") == raw.say("VRFY nobody")
        assert raw.say("EXPN staff").startswith("502")
        assert raw.say("AUTH PLAIN AGEAYg==").startswith("502")
        assert raw.say("DATA").startswith("503")


def test_a_report_in_eight_bits_and_to_an_international_sender_is_taken(world: World) -> None:
    (message,) = send(world.riverside)
    body = report(message.to_address, words="550 5.1.1 Benutzer unbekannt: Müller").replace(b"us-ascii", b"utf-8")
    with world.listener.raw() as raw:
        raw.reply()
        raw.say("EHLO mx.example.net")
        assert raw.say("MAIL FROM:<zustellung@müller.example> BODY=8BITMIME SMTPUTF8 SIZE=4000").startswith("250")
        assert raw.say(f"RCPT TO:<{world.listener.return_path(message)}>").startswith("250")
        raw.say("DATA")
        assert raw.say(body + b"\r\n.").startswith("250")
    assert "Müller" in receipts()[0].diagnostic


def test_a_test_messages_report_is_taken_and_ignored(world: World) -> None:
    world.listener.send(report("alice@example.org"), world.listener.return_path(Message(id=0, created_at=utcnow())))
    assert receipts() == []
    assert "test message" in world.listener.log
