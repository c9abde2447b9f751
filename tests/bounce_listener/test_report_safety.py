"""Nothing in a report is trusted: whatever the bytes, an answer comes, soon, in little memory, without an exception."""

import random
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bounce_listener.report import Kind, Report, read_report

SAMPLES = Path(__file__).parents[1] / "reports"
HEAD = b"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.net\nTo: b@c.example\nSubject: Undelivered mail\n"
MIXED = b'Content-Type: multipart/report; report-type=delivery-status; boundary="BB"\n\n--BB\n'
GROUP = b"Final-Recipient: rfc822; p%d@a.example\nAction: failed\nStatus: 5.1.1\n\n"
SECONDS = 2.0  # promised at most 1 on an idle machine


def sound(report: Report) -> None:
    """What every answer keeps, whatever the question was."""
    assert len(report.recipients) <= 1_000
    assert len(report.text) <= 64 << 10
    assert report.reader != "fault"
    assert (report.kind is Kind.FAILED) == (report.kind == "failed")
    for told in report.recipients:
        assert told.address.count("@") >= 1
        assert len(told.address) <= 254
        assert len(told.diagnostic) <= 2_000
        assert told.address.isprintable()
        assert not (told.hard and told.action != "failed")


def timed(raw: bytes) -> Report:
    started = time.process_time()
    report = read_report(raw)
    assert time.process_time() - started < SECONDS
    sound(report)
    return report


@pytest.mark.parametrize(
    "name", ["dsn-plain", "exim-header", "qmail", "exchange-365-html", "ses-notice", "dsn-utf8-escaped", "base64-text"]
)
def test_it_survives_truncation_at_every_byte(name: str) -> None:
    raw = (SAMPLES / f"{name}.eml").read_bytes()
    for length in range(len(raw)):
        sound(read_report(raw[:length]))


@pytest.mark.parametrize("name", ["exim-delay", "opensmtpd-delay", "gmail-incomplete", "sendmail-warning"])
def test_a_truncated_delay_notice_fails_nobody(name: str) -> None:
    raw = (SAMPLES / f"{name}.eml").read_bytes()
    for length in range(len(raw)):
        assert not any(told.action == "failed" for told in read_report(raw[:length]).recipients)


def test_a_machine_part_cut_before_its_action_fails_nobody() -> None:
    raw = (SAMPLES / "dsn-delayed.eml").read_bytes()
    for length in range(raw.index(b"Action: delayed")):
        assert read_report(raw[:length]).recipients == ()


def test_ten_thousand_nested_parts() -> None:
    nest = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(10_000))
    timed(HEAD + nest + b"Content-Type: text/plain\n\nx\n")


def test_a_long_text_inside_hundreds_of_parts() -> None:
    nest = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(700))
    timed(HEAD + nest + b"Content-Type: text/plain\n\n" + b"--x\n" * 45_000)


def test_ten_thousand_messages_inside_each_other() -> None:
    timed(HEAD + b"Content-Type: message/rfc822\n\n" * 10_000 + b"x")


def test_ten_thousand_parts_beside_each_other() -> None:
    timed(HEAD + MIXED + b"Content-Type: text/plain\n\nx\n--BB\n" * 10_000)


@pytest.mark.parametrize("piece", [b"x", b"<", b"a@b.example ", b"--- ", b"\x1b$B", b"\xff", b"=?utf-8?q?a?=", b"a=b;"])
def test_two_megabytes_of_one_line(piece: bytes) -> None:
    line = piece * ((2 << 20) // len(piece))
    timed(HEAD + b"Content-Type: text/plain\n\n" + line)
    timed(HEAD + b"Content-Type: text/html\n\n" + line)
    timed(b"Subject: " + line + b"\n" + HEAD + b"\nx")
    timed(b"Content-Type: multipart/report; " + line + b"\n" + HEAD + b"\nx")


def test_a_line_of_sixty_thousand_octets_is_read() -> None:
    fields = b"Final-Recipient: rfc822; ann@a.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 "
    report = timed(HEAD + MIXED + b"Content-Type: message/delivery-status\n\n" + fields + b"x" * 60_000 + b"\n--BB--\n")
    assert [told.address for told in report.recipients] == ["ann@a.example"]


def test_a_million_recipients_take_bounded_memory() -> None:
    groups = b"".join(GROUP % number for number in range(1_000_000))
    raw = HEAD + MIXED + b"Content-Type: message/delivery-status\n\n" + groups
    tracemalloc.start()
    try:
        report = read_report(raw)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(report.recipients) == 1_000
    assert peak < len(raw)


@pytest.mark.parametrize("filling", [b"a\n", b"ann@a.example: x\n", GROUP % 1, b"x" * 70 + b"\n"])
def test_memory_stays_below_ten_times_the_message(filling: bytes) -> None:
    raw = HEAD + MIXED + b"Content-Type: text/plain\n\n" + filling * ((1 << 20) // len(filling))
    tracemalloc.start()
    try:
        read_report(raw)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10 * len(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\n",
        b"\0",
        b"\xef\xbb\xbf",
        b"From \n",
        HEAD,
        HEAD + b"Content-Type: text/plain; charset=idna\n\n\xff",
        HEAD + b"Content-Type: text/plain; charset=punycode\n\n" + b"a-" * 1_000,
        HEAD + b"Content-Type: text/plain; charset=\0\xff\n\nx",
        HEAD + b"Content-Transfer-Encoding: base64\n\n!!!\xff==",
        HEAD + b"Content-Transfer-Encoding: x-uuencode\n\nbegin 644 x\n\xff\xff",
        HEAD + b"Content-Type: multipart/report; boundary=\n\n--\n--\n",
        HEAD + b'Content-Type: multipart/report; boundary="\xff"\n\n--\xff\n',
        b"Subject: =?utf-8?b?!!!?= =?x?q?=zz?=\n" + HEAD + b"\nx",
        b"\xff\xfe\xff: \xff\n" + HEAD + b"\n\xff",
        HEAD + b"Content-Type: application/json\n\n" + b'{"notificationType":"Bounce","bounce":' + b"[" * 100_000,
    ],
    ids=range(16),
)
def test_broken_mail_gets_an_answer(raw: bytes) -> None:
    timed(raw)


def test_a_fault_in_a_reader_is_kept_as_not_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(letter: object) -> bool:
        raise RuntimeError("a fault")

    monkeypatch.setattr("bounce_listener.readers.kinds.is_complaint", broken)
    report = read_report(HEAD + b"\nhello")
    assert (report.kind, report.understood, report.recipients, report.reader) == (Kind.OTHER, False, (), "fault")
    assert "hello" in report.text


PIECES = st.sampled_from(
    [
        *(
            HEAD,
            MIXED,
            GROUP % 1,
            b"--BB\n",
            b"--BB--\n",
            b"\n",
            b"\r\n",
            b"\r",
            b"\0",
            b"\xff\xfe",
            b"\x1b$B",
            b" ",
            b"\t",
        ),
        *(
            b"Content-Type: message/delivery-status\n\n",
            b"Content-Type: message/rfc822\n\n",
            b"Content-Type: text/html\n\n",
        ),
        *(b"Content-Transfer-Encoding: base64\n", b"Content-Transfer-Encoding: quoted-printable\n", b"=?utf-8?q?=ff?="),
        *(b"<ann@a.example>: 550 5.1.1 user unknown\n", b"Action: delayed\n", b"Status: 4.4.1\n", b"will be retried\n"),
        *(
            b"X-Failed-Recipients: ann@a.example\n",
            b"The following address(es) failed:\n\n  bob@a.example\n",
            b'"',
            b"<",
            b"@",
        ),
    ]
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(st.lists(st.one_of(PIECES, st.binary(max_size=40)), max_size=30))
def test_any_sequence_of_pieces_gets_an_answer(pieces: list[bytes]) -> None:
    sound(read_report(b"".join(pieces)))


def test_a_thousand_mutated_reports_get_an_answer() -> None:
    chance = random.Random(20261124)
    samples = [path.read_bytes() for path in sorted(SAMPLES.glob("*.eml"))]
    for _ in range(1_000):
        raw = bytearray(chance.choice(samples))
        for _ in range(chance.randint(1, 12)):
            at = chance.randrange(len(raw))
            match chance.randrange(4):
                case 0:
                    raw[at] = chance.randrange(256)
                case 1:
                    del raw[at : at + chance.randint(1, 40)]
                case 2:
                    raw[at:at] = raw[at : at + chance.randint(1, 200)]
                case _:
                    other = chance.choice(samples)
                    start = chance.randrange(len(other))
                    raw[at:at] = other[start : start + chance.randint(1, 200)]
            if not raw:
                raw.append(10)
        sound(read_report(bytes(raw)))
