"""What `read_report` promises whatever the bytes are: kinds first, bounded fields, one entry for each address."""

import json
import subprocess
import sys
from pathlib import Path

from bounce_listener.report import Kind, Report, read_report
from messaging.reasons import Reason

HEAD = (
    "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.net\nTo: b.k3x9@bounces.clinic.example\n"
    "Subject: Undelivered mail\n"
)


def report_of(fields: str, text: str = "Not delivered.") -> Report:
    body = (
        f"--BB\nContent-Type: text/plain\n\n{text}\n--BB\nContent-Type: message/delivery-status\n\n"
        f"Reporting-MTA: dns; mx.example.net\n\n{fields}\n--BB--\n"
    )
    head = f'{HEAD}MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary="BB"\n\n'
    return read_report((head + body).encode())


def text_report(text: str) -> Report:
    return read_report(f"{HEAD}Content-Type: text/plain; charset=utf-8\n\n{text}".encode())


def test_it_names_the_machine_that_reports() -> None:
    assert report_of("Final-Recipient: rfc822; ann@a.example\nAction: failed\n").reporting_mta == "mx.example.net"


def test_the_text_for_people_holds_the_machine_part_below_the_words() -> None:
    fields = "Final-Recipient: rfc822; ann@a.example\nAction: failed\nRemote-MTA: dns; mx.a.example"
    text = report_of(fields, text="Not delivered.").text
    assert text == f"Not delivered.\n\nReporting-MTA: dns; mx.example.net\n\n{fields}"


def test_a_failure_wins_over_an_earlier_delay_of_the_same_address() -> None:
    report = report_of(
        "Final-Recipient: rfc822; ann@a.example\nAction: delayed\nStatus: 4.4.1\n\n"
        "Final-Recipient: rfc822; Ann@A.example\nAction: failed\nStatus: 5.1.1\n"
    )
    assert [(told.action, told.status) for told in report.recipients] == [("failed", "5.1.1")]


def test_a_failure_after_days_of_trying_is_final_and_not_permanent() -> None:
    (told,) = report_of("Final-Recipient: rfc822; ann@a.example\nAction: failed\nStatus: 4.4.7\n").recipients
    assert (told.action, told.permanent, told.hard) == ("failed", False, False)
    assert told.reason is Reason.NOT_REACHED_IN_TIME


def test_a_delay_is_never_hard_whatever_its_words_say() -> None:
    (told,) = report_of(
        "Final-Recipient: rfc822; ann@a.example\nAction: delayed\nStatus: 5.1.1\n"
        "Diagnostic-Code: smtp; 550 user unknown\n"
    ).recipients
    assert (told.permanent, told.hard) == (False, False)


def test_without_an_action_the_status_decides() -> None:
    assert report_of("Final-Recipient: rfc822; ann@a.example\nStatus: 5.1.1\n").kind is Kind.FAILED
    assert report_of("Final-Recipient: rfc822; ann@a.example\nStatus: 4.4.1\n").kind is Kind.DELAYED
    assert report_of("Final-Recipient: rfc822; ann@a.example\nStatus: 2.0.0\n").kind is Kind.DELIVERED


def test_a_refusal_of_our_own_mail_is_not_hard() -> None:
    (told,) = report_of(
        "Final-Recipient: rfc822; ann@a.example\nAction: failed\nStatus: 5.7.1\n"
        "Diagnostic-Code: smtp; 550 5.7.1 Client host blocked using Spamhaus\n"
    ).recipients
    assert told.reason is Reason.OUR_MAIL_REFUSED
    assert not told.hard


def test_every_field_is_bounded() -> None:
    long = "x" * 100_000
    report = report_of(
        f"Final-Recipient: rfc822; ann@a.example\nAction: failed\nDiagnostic-Code: smtp; 550 {long}\n", long
    )
    assert len(report.recipients[0].diagnostic) <= 2_000
    assert len(report.text) <= 64 << 10
    assert "Final-Recipient: rfc822; ann@a.example" in report.text


def test_at_most_a_thousand_recipients_are_reported() -> None:
    group = "Final-Recipient: rfc822; p{0}@a.example\nAction: failed\nStatus: 5.1.1\n\n"
    assert len(report_of("".join(group.format(number) for number in range(3_000))).recipients) == 1_000


def test_a_sender_in_the_answer_is_not_the_recipient() -> None:
    report = text_report(
        "I'm afraid I wasn't able to deliver your message.\n\n<ann@a.example>:\n"
        "550 5.1.8 <b.k3x9@bounces.clinic.example>: Sender address rejected\n"
    )
    assert [told.address for told in report.recipients] == ["ann@a.example"]


def test_our_own_return_path_at_the_start_of_a_line_is_nobody() -> None:
    report = text_report(
        "Hi. This is the qmail-send program.\n\n<ann@a.example>:\nRemote host said: 550 5.7.1\n"
        "<b.k3x9@bounces.clinic.example>: Sender address rejected\n"
    )
    assert [told.address for told in report.recipients] == ["ann@a.example"]


def test_two_candidates_in_loose_words_are_a_doubt_and_mark_nobody() -> None:
    report = text_report("An error: 550 rejected, see ann@a.example and also bob@b.example about it.\n")
    assert report.kind is Kind.FAILED
    assert report.recipients == ()


def test_help_desks_are_nobodys_failure() -> None:
    report = text_report("The following message could not be delivered.\nPlease contact <help@provider.example>\n")
    assert report.recipients == ()


def test_a_report_that_says_nothing_is_kept_as_not_understood() -> None:
    report = read_report(f"{HEAD.replace('Undelivered mail', 'Hello')}\nHm.\n".encode())
    assert (report.kind, report.understood) == (Kind.OTHER, False)


def test_a_report_without_a_return_path_header_is_read_too() -> None:
    raw = HEAD.replace("Return-Path: <>\n", "") + "\n<ann@a.example>: 550 5.1.1 user unknown\n"
    assert read_report(raw.encode()).kind is Kind.FAILED


def test_the_quoted_local_part_is_one_address() -> None:
    (told,) = report_of('Final-Recipient: rfc822; "ann smith"@a.example\nAction: failed\nStatus: 5.1.1\n').recipients
    assert told.address == '"ann smith"@a.example'


def test_two_addresses_in_one_field_are_none() -> None:
    report = report_of("Final-Recipient: rfc822; ann@a.example, bob@b.example\nAction: failed\nStatus: 5.1.1\n")
    assert report.kind is Kind.FAILED
    assert report.recipients == ()


def test_the_program_answers_one_json_line_for_each_path(tmp_path: Path) -> None:
    path = tmp_path / "one.eml"
    path.write_text(HEAD + "\n<ann@a.example>: 550 5.1.1 user unknown\n")
    done = subprocess.run(
        [sys.executable, "-m", "bounce_listener.report"],
        input=f"{path}\n{tmp_path / 'missing'}\n{path}\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == 3
    assert answers[1]["error"] == "FileNotFoundError"
    assert answers[0] == answers[2]
    assert answers[0]["kind"] == "failed"
    assert answers[0]["recipients"][0]["address"] == "ann@a.example"
    assert answers[0]["recipients"][0]["hard"] is True
    assert done.stderr == ""


def test_reading_plain_reports_imports_neither_flask_nor_flanker_nor_the_database() -> None:
    code = (
        "import sys; from bounce_listener.report import read_report; read_report(b'From: postmaster@a.example\\n\\nx');"
        "print([name for name in ('flask', 'flanker', 'sqlalchemy', 'aiosmtpd') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.stdout.strip() == "[]"
