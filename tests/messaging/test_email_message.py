"""What leaves: read back by the standard library, and by whoever would like to add a header of their own."""

import email
import email.policy
import time
from datetime import date
from email.message import EmailMessage

import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from messaging.email_message import EmailTemplate, header_text, one_line, values_of
from messaging.html_part import html_part
from messaging.models import Organisation, Recipient
from messaging.personalisation import UnknownField

TODAY = date(2026, 11, 24)
WORDS = "Dear ((first name)),\n\nyour flu jab is due.\n\nRiverside Surgery"
HOSTILE = "Ann\r\nBcc: eve@evil.example\r\n\r\n<img src=x onerror=alert(1)>\x00\u2028"


def practice(**changes: str) -> Organisation:
    return Organisation(
        **{"name": "Riverside Surgery", "from_address": "flu@riverside.example", "reply_to": "", **changes}
    )


def written(template: EmailTemplate, values: dict[str, str], to: str = "ann@patients.example") -> bytes:
    return template.as_bytes(values, to=to, message_id=7, issued=TODAY)


def read(content: bytes) -> EmailMessage:
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def parts(content: bytes) -> tuple[str, str]:
    message = read(content)
    return tuple(  # type: ignore[return-value]
        message.get_body((kind,)).get_content().replace("\r\n", "\n")
        for kind in ("plain", "html")  # type: ignore[union-attr]
    )


def test_it_is_plain_text_and_html_of_the_same_words(base_app: Flask) -> None:
    template = EmailTemplate(practice(reply_to="desk@riverside.example"), "Flu for ((First Name))", WORDS)
    content = written(template, {"First Name": "Zoë"})
    message = read(content)
    assert message.get_content_type() == "multipart/alternative"
    assert (message["Subject"], message["To"], message["Reply-To"]) == (
        "Flu for Zoë",
        "ann@patients.example",
        "desk@riverside.example",
    )
    assert message["From"] == "Riverside Surgery <flu@riverside.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    text, html = parts(content)
    assert text == "Dear Zoë,\n\nyour flu jab is due.\n\nRiverside Surgery"
    assert html.count("<p ") == 3
    assert "Dear Zoë," in html
    assert not message.defects
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= 78
    assert b"\n" not in content.replace(b"\r\n", b"")


def test_the_same_message_always_has_the_same_message_id(base_app: Flask) -> None:
    template = EmailTemplate(practice(), "Flu", WORDS)
    first = read(written(template, {"first name": "Ann"}))["Message-ID"]
    time.sleep(0.01)
    assert read(written(template, {"first name": "Ann"}))["Message-ID"] == first
    assert read(written(template, {"first name": "Ann"}, "bob@patients.example"))["Message-ID"] != first
    assert first.endswith("@returns.riverside.example.org>")


@pytest.mark.parametrize("where", ["value", "subject", "practice", "sender", "reply_to", "to"])
def test_nothing_that_is_put_in_adds_a_header(base_app: Flask, where: str) -> None:
    organisation = practice(
        name=HOSTILE if where == "practice" else "Riverside",
        from_address=f"a@b.example{HOSTILE}" if where == "sender" else "a@b.example",
        reply_to=f"a@b.example{HOSTILE}" if where == "reply_to" else "",
    )
    template = EmailTemplate(organisation, HOSTILE if where == "subject" else "For ((n))", "Hello ((n))")
    to = f"a@b.example{HOSTILE}" if where == "to" else "a@b.example"
    message = read(written(template, {"n": HOSTILE if where == "value" else "Ann"}, to))
    assert message["Bcc"] is None
    assert len(message.get_all("To", [])) == 1
    assert len(list(message.iter_parts())) == 2
    assert "<img" not in parts(written(template, {"n": HOSTILE}))[1]


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(max_size=200), st.text(st.characters(codec="utf-8"), max_size=1200))
def test_any_words_arrive_as_they_are(base_app: Flask, subject: str, body: str) -> None:
    subject = subject.encode("utf-8", "ignore").decode()
    template = EmailTemplate(practice(), "((subject))", "((body))")
    content = written(template, {"subject": subject, "body": body})
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert b"\n" not in content.replace(b"\r\n", b"").replace(b"\r", b"")
    if "\r" not in body:
        assert parts(content)[0].rstrip("\n") == body.rstrip("\n")
    assert " ".join(str(read(content)["Subject"]).split()) == " ".join(one_line(subject).split())


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
@given(
    st.lists(
        st.sampled_from(
            ["Hello", "", " ", "((name))", "Dear ((name)),", "((name)) ((name))", "https://x.example", "é" * 9]
        )
    ),
    st.sampled_from(
        ["Ann", "", " ", "a\nb", "a\n\nb", '<b>&"', "https://y.example/?a=1&b", "Ж" * 40, "é", "x" * 200, "=20 "]
    ),
)
def test_what_is_made_line_by_line_is_what_the_whole_would_be(base_app: Flask, lines: list[str], name: str) -> None:
    template = EmailTemplate(practice(), "Flu", "\n".join(lines))
    rendered = template.render({"name": name})
    text, html = parts(written(template, {"name": name}))
    assert (text.rstrip("\n"), html) == (rendered.text.rstrip("\n"), rendered.html)
    assert max(map(len, written(template, {"name": name}).split(b"\r\n"))) <= 98


def test_many_letters_beyond_ascii_are_not_blown_up(base_app: Flask) -> None:
    content = written(EmailTemplate(practice(), "Грип", "Вакцинация от гриппа. " * 50), {})
    assert b"Content-Transfer-Encoding: base64" in content
    assert parts(content)[0].startswith("Вакцинация от гриппа.")


def test_links_are_links_and_everything_else_is_text() -> None:
    html = html_part("s", 'See https://www.nhs.uk/flu?a=1&b=2. "Now" <b>\nhttp://plain.example', "Riverside")
    assert (
        '<a href="https://www.nhs.uk/flu?a=1&amp;b=2" style="color:#005eb8">https://www.nhs.uk/flu?a=1&amp;b=2</a>.'
        in html
    )
    assert "&quot;Now&quot; &lt;b&gt;<br>" in html
    assert html.count("<a ") == 1
    assert not {"<img", "<script", "<link", "src=", "http-equiv"} & set(html.split())


@pytest.mark.parametrize(
    "link", ["https://x.example/'onmouseover='a", 'https://x.example/"><script>', "https://x/\x01"]
)
def test_no_link_breaks_out_of_its_attribute(link: str) -> None:
    html = html_part("s", link, "r")
    assert "<script" not in html
    assert html.count('"') == html_part("s", "https://x.example/", "r").count('"')


def test_a_test_says_so_in_its_subject_and_in_a_header(base_app: Flask) -> None:
    template = EmailTemplate(practice(), "Flu", "Hello", is_test=True)
    message = read(template.as_bytes({}, to="alice@riverside.example", message_id=0, issued=TODAY, unique="1"))
    assert (message["Subject"], message["X-Postround-Test"]) == ("[Test] Flu", "yes")
    assert read(written(EmailTemplate(practice(), "Flu", "Hello"), {}))["X-Postround-Test"] is None


def test_a_preview_shows_what_leaves(base_app: Flask) -> None:
    template = EmailTemplate(practice(), "Flu for ((first name))", WORDS)
    rendered = template.render({"first name": "Ann"})
    text, html = parts(written(template, {"first name": "Ann"}))
    assert (rendered.subject, rendered.text, rendered.html) == ("Flu for Ann", text, html)


def test_a_preview_names_the_practice_as_people_write_it(base_app: Flask) -> None:
    template = EmailTemplate(practice(name="St Mary’s, Élan"), "Flu", WORDS)
    assert template.render({"first name": "Ann"}).sender == "St Mary’s, Élan <flu@riverside.example>"


def test_a_field_that_nobody_has_is_refused(base_app: Flask) -> None:
    with pytest.raises(UnknownField):
        EmailTemplate(practice(), "Flu", "Dear ((frist name))").render({"first name": "Ann"})


def test_the_file_s_own_columns_come_before_ours() -> None:
    patient = Recipient(
        first_name="Ann", surname="Lee", date_of_birth="", email="ann@x.example", nhs_number="9434765919", mobile="",
        emis_number="", fields={"First Name": "Annie", "Clinic": "Saturday"},
    )  # fmt: skip
    values = values_of(patient)
    assert (values["First Name"], values["Clinic"], values["surname"]) == ("Annie", "Saturday", "Lee")
    assert "first name" not in values


@given(st.text(max_size=300))
def test_a_header_is_ascii_and_its_lines_are_short(text: str) -> None:
    written = header_text(one_line(text))
    assert written.isascii()
    assert all(len(line) <= 76 for line in written.split("\r\n ")) or "=?" not in written


def test_writing_a_message_takes_a_tenth_of_a_millisecond_or_so(base_app: Flask) -> None:
    """EmailMessage takes 2.7 ms; a batch of 10,000 would spend half a minute with it."""
    template = EmailTemplate(practice(), "Flu", "Dear ((first name)),\n\n" + "Please book your flu jab. " * 80)
    best = float("inf")
    for _ in range(5):
        began = time.process_time()
        for _ in range(100):
            written(template, {"first name": "Ann"})
        best = min(best, (time.process_time() - began) / 100)
    assert best < 0.0008
