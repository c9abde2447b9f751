from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from post_office_kit import MESSAGE, RETURN_PATH, ReturnsServer, hand_over, wait_for

from rehearsal import PostOffice
from rehearsal.reports import STYLES, Matter, out_of_office, report

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MULTIPART = sorted(set(STYLES) - {"qmail"})


def matter(**changes: object) -> Matter:
    facts: dict[str, object] = {
        "number": 7,
        "return_path": RETURN_PATH,
        "recipient": "jane@example.org",
        "action": "failed",
        "status": "5.1.1",
        "diagnostic": "550 5.1.1 No mailbox here by that name",
        "raw": MESSAGE,
        "arrived": NOON,
        "now": NOON,
    }
    return Matter(**{**facts, **changes})  # type: ignore[arg-type]


def opened(content: bytes) -> EmailMessage:
    return message_from_bytes(content, policy=policy.default)


def status_fields(content: bytes) -> dict[str, str]:
    """Every field of the machine's part, by lower-case name."""
    for part in opened(content).walk():
        if part.get_content_type() in {"message/delivery-status", "message/global-delivery-status"}:
            blocks = part.get_payload()
            assert isinstance(blocks, list) or part.get_content_type() != "message/delivery-status"
            if isinstance(blocks, list):
                return {name.lower(): str(value) for block in blocks for name, value in block.items()}
    return {}


@pytest.mark.parametrize("style", MULTIPART)
@pytest.mark.parametrize("action", ["failed", "delayed", "delivered"])
def test_a_report_has_three_parts_and_names_the_recipient(style: str, action: str) -> None:
    status = {"failed": "5.1.1", "delayed": "4.4.1", "delivered": "2.1.5"}[action]
    content = report(style, matter(action=action, status=status))
    message = opened(content)

    assert message.get_content_type() == "multipart/report"
    assert message.get_param("report-type") == "delivery-status"
    assert message.defects == []
    words, machine, returned = message.iter_parts()
    assert "jane@example.org" in words.as_string()
    assert machine.get_content_type() == "message/delivery-status"
    assert returned.get_content_type() == ("message/rfc822" if action == "failed" else "text/rfc822-headers")
    fields = status_fields(content)
    assert fields["action"] == action
    assert fields["final-recipient"].replace(" ", "") == "rfc822;jane@example.org"
    assert fields["status"] == (f"{status[0]}.0.0" if style == "exim" else status)


@pytest.mark.parametrize("style", sorted(STYLES))
def test_a_report_goes_to_the_return_path_and_is_lined_for_smtp(style: str) -> None:
    content = report(style, matter())
    assert RETURN_PATH in str(opened(content)["To"])
    assert content.count(b"\n") == content.count(b"\r\n") == content.count(b"\r")
    assert max(len(line) for line in content.split(b"\r\n")) <= 998


@pytest.mark.parametrize("style", sorted(STYLES))
def test_the_patients_words_come_back_only_when_the_sender_allows_it(style: str) -> None:
    assert b"Please come on Saturday" in report(style, matter())
    kept = report(style, matter(headers_only=True))
    assert b"Please come on Saturday" not in kept
    assert b"Message-ID: <77@riverside.example.org>" in kept


def test_each_style_has_the_marks_of_its_mail_system() -> None:
    said = {style: report(style, matter()) for style in STYLES}
    assert b"\r\nX-Postfix-Queue-ID: " in said["postfix"]
    assert opened(said["exim"])["X-Failed-Recipients"] == "jane@example.org"
    assert opened(said["gmail"])["X-Failed-Recipients"] == "jane@example.org"
    assert opened(said["microsoft"])["Subject"] == "Undeliverable: Your flu jab"
    assert "X-MS-Exchange-Message-Is-Ndr" in opened(said["microsoft"])
    qmail = opened(said["qmail"])
    assert (qmail.get_content_type(), qmail["Content-Type"]) == ("text/plain", None)
    assert "<jane@example.org>:" in qmail.get_content()


def test_a_delay_never_lists_failed_recipients() -> None:
    for style in STYLES:
        assert b"X-Failed-Recipients" not in report(style, matter(action="delayed", status="4.4.1"))


@pytest.mark.parametrize("style", MULTIPART)
def test_an_address_beyond_ascii_gets_the_international_form(style: str) -> None:
    content = report(style, matter(recipient="zoë@example.org"))
    types = [part.get_content_type() for part in opened(content).iter_parts()]
    assert types[1] == "message/global-delivery-status"
    assert "utf-8;zoë@example.org" in content.decode().replace("utf-8; ", "utf-8;")


def test_a_header_of_the_message_can_add_no_header_to_the_report() -> None:
    raw = b"Subject: Jab\r\n X: y\r\nMessage-ID: <1@x>\x00\x0b\r\n\r\nhello\r\n"
    message = opened(report("microsoft", matter(raw=raw)))
    assert message["Subject"] == "Undeliverable: Jab X: y"
    assert message["In-Reply-To"] == "<1@x>"


def test_an_out_of_office_answer_says_that_it_is_automatic() -> None:
    message = opened(out_of_office(matter(action="autoreply")))
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["Subject"] == "Automatic reply: Your flu jab"
    assert message.get_content_type() == "text/plain"
    assert "away" in message.get_content()


@pytest.mark.parametrize(
    ("local", "sent", "kind"),
    [
        ("bounce", [("failed", "5.1.1")], "multipart/report"),
        ("full", [("failed", "5.2.2")], "multipart/report"),
        ("domain", [("failed", "5.1.2")], "multipart/report"),
        ("gone", [("failed", "5.1.1")], "text/plain"),
        ("delay", [("delayed", "4.4.1")], "multipart/report"),
        ("delayfail", [("delayed", "4.4.7"), ("failed", "4.4.7")], "multipart/report"),
        ("away", [("autoreply", "")], "text/plain"),
    ],
)
def test_each_case_sends_the_reports_of_its_row(
    post_office: PostOffice, returns: ReturnsServer, local: str, sent: list[tuple[str, str]], kind: str
) -> None:
    assert hand_over(post_office, f"{local}.3@example.org")[0] == 250
    wait_for(lambda: len(post_office.reports_sent()) == len(sent))

    assert [(one.action, one.status) for one in post_office.reports_sent()] == sent
    assert {message.get_content_type() for message in returns.reports()} == {kind}
    assert {(sender, to) for sender, to, _ in returns.taken} == {("<>", RETURN_PATH)}
    assert len(post_office.letters.all()) == 1
    wait_for(lambda: len(post_office.messages()) == (local in {"delay", "away"}))
