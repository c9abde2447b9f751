"""What a report is evidence of: about whom, of what, and when two are the same."""

from dataclasses import replace
from datetime import date

import pytest

from bounce_listener.evidence import Returned, digest_of, evidence
from bounce_listener.report import Kind, Report, ReportedRecipient, read_report
from messaging.models import EvidenceKind
from messaging.reasons import Reason
from messaging.receipts import GONE, TEST_MESSAGE
from messaging.return_path import Signed
from tests.listener_kit import report

OURS = "Ann@example.org"
TOLD = ReportedRecipient(
    address="ann@example.org",
    original="",
    action="failed",
    status="5.1.1",
    permanent=True,
    diagnostic="550 no such user",
    code=550,
    reason=Reason.NO_SUCH_MAILBOX,
    hard=True,
)


TODAY = date(2026, 11, 24)
SIGNED = Signed(7, TODAY)


def told(*recipients: ReportedRecipient, kind: Kind = Kind.FAILED, understood: bool = True) -> Returned:
    return Returned(SIGNED, Report(kind, recipients, "mx.example.net", "test", understood, "words"), b"digest", "smtp")


def test_our_own_address_is_as_said_and_needs_no_mention() -> None:
    said = evidence(told(TOLD), OURS)
    assert (said.message_id, said.kind, said.status, said.smtp_code) == (7, EvidenceKind.FAILED, "5.1.1", 550)
    assert (said.reason, said.permanent, said.address) == ("no_such_mailbox", True, "")
    assert said.diagnostic == "550 no such user"


def test_another_address_alone_is_still_our_patient_and_kept() -> None:
    said = evidence(told(replace(TOLD, address="forward@example.net")), OURS)
    assert (said.kind, said.address) == (EvidenceKind.FAILED, "forward@example.net")


def test_our_address_as_the_original_of_another_is_ours() -> None:
    ours = replace(TOLD, address="forward@example.net", original="ann@EXAMPLE.org")
    other = replace(TOLD, address="x@example.net", action="delayed")
    said = evidence(told(other, ours), OURS)
    assert (said.kind, said.address) == (EvidenceKind.FAILED, "forward@example.net")


def test_of_several_only_what_is_said_of_ours_counts() -> None:
    ours = replace(TOLD, action="delayed", reason=Reason.NOT_REACHED_IN_TIME, permanent=False)
    said = evidence(told(replace(TOLD, address="x@example.net"), ours), OURS)
    assert (said.kind, said.permanent) == (EvidenceKind.DELAYED, False)


def test_a_failure_wins_over_an_earlier_delay_of_the_same_address() -> None:
    assert evidence(told(replace(TOLD, action="delayed"), TOLD), OURS).kind is EvidenceKind.FAILED


def test_a_failure_that_names_nobody_has_its_reason_from_its_words_and_suppresses_nobody() -> None:
    full = Report(Kind.FAILED, (), "", "test", True, "Your mail was not delivered: the mailbox is full.")
    said = evidence(Returned(SIGNED, full, b"digest", "smtp"), OURS)
    assert (said.kind, said.reason, said.permanent) == (EvidenceKind.FAILED, "mailbox_full", False)


def test_several_without_ours_are_for_a_person() -> None:
    said = evidence(told(replace(TOLD, address="x@example.net"), replace(TOLD, address="y@example.net")), OURS)
    assert (said.kind, said.understood, said.reason, said.text) == (EvidenceKind.OTHER, False, "", "words")


def test_a_failure_that_names_nobody_is_about_the_return_paths_message() -> None:
    said = evidence(told(), OURS)
    assert (said.kind, said.understood, said.reason, said.permanent) == (EvidenceKind.FAILED, True, "unknown", False)


def test_what_no_reader_understood_is_other() -> None:
    assert evidence(told(understood=False), OURS).kind is EvidenceKind.OTHER


@pytest.mark.parametrize("kind", [Kind.AUTOREPLY, Kind.CHALLENGE, Kind.COMPLAINT, Kind.OTHER])
def test_a_kind_that_is_no_report_of_delivery_stays_what_it_is(kind: Kind) -> None:
    assert evidence(told(TOLD, kind=kind), OURS).kind.value == kind.value


def test_an_international_domain_is_the_same_in_both_spellings() -> None:
    assert evidence(told(replace(TOLD, address="ann@xn--bcher-kva.example")), "ann@bücher.example").address == ""


def identity(raw: bytes, message_id: int = 7) -> str:
    return evidence(Returned(Signed(message_id, TODAY), read_report(raw), digest_of(raw), "smtp"), OURS).evidence_id


ONE = report("ann@example.org")


@pytest.mark.parametrize(
    "copy",
    [
        b"Received: by another\r\nX-Spam-Status: No\r\n" + ONE,
        ONE.replace(b"\r\n", b"\n"),
        b"From MAILER-DAEMON Mon Nov 23 10:00:00 2026\n" + ONE.replace(b"\r\n", b"\n") + b"\n\n",
        b"\r\n" + ONE,
        ONE.replace(b"Delivered", b"delivered").replace(b". A message", b".\r\n A  message"),
    ],
    ids=["relayed", "bare LF", "mbox", "a blank line first", "refolded"],
)
def test_the_same_report_by_another_way_is_the_same_evidence(copy: bytes) -> None:
    assert identity(copy) == identity(ONE)


@pytest.mark.parametrize(
    "other",
    [
        report("ann@example.org", mark="two"),
        report("ann@example.org", action="delayed", status="4.4.1"),
        ONE.replace(b"09:59:58", b"09:59:59"),
    ],
    ids=["another boundary", "another action", "another time"],
)
def test_another_report_about_the_same_message_is_other_evidence(other: bytes) -> None:
    assert identity(other) != identity(ONE)


def test_the_same_words_about_another_message_are_other_evidence() -> None:
    assert identity(ONE, 8) != identity(ONE)


def test_a_report_about_nobody_we_know_is_about_a_message_that_is_gone() -> None:
    assert evidence(told(TOLD), None).message_id == GONE
    assert evidence(told(TOLD), OURS).message_id == 7
    of_a_test = replace(told(TOLD), signed=Signed(TEST_MESSAGE, TODAY))
    assert evidence(of_a_test, None).message_id == TEST_MESSAGE
