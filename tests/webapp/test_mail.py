"""Mail health and reports not understood: for managers."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from messaging.db import transaction, utcnow
from messaging.models import Batch, EvidenceKind, Message, MessageStatus, User
from messaging.reasons import Reason
from tests.cast import Cast
from tests.databases import BOTH
from tests.webapp.browser import HOSTILE, Browser, Page
from tests.webapp.failed_batch import ADA, BEN, CAT, a_batch, hears, message_of, patient_of
from webapp.mail.advice import for_administrator

SignIn = Callable[[User], Browser]
REFUSED = replace(ADA, first_name="Rex", email="rex@example.net", reason=Reason.OUR_MAIL_REFUSED, answer="550 5.7.26 x")


def recent(batch: Batch) -> Batch:
    with transaction():
        Message.query.filter_by(batch_id=batch.id).update({"created_at": utcnow()})
    return batch


def figures(page: Page) -> dict[str, list[str]]:
    """By provider: messages, handed over, put off, failed, refused us."""
    found = {}
    for row in page.soup.select("tbody tr"):
        for heading in row.select(".nhsuk-table__heading"):
            heading.decompose()
        name, *numbers = [cell.get_text(strip=True) for cell in row.find_all("td")]
        found[name] = numbers
    return found


@BOTH
def test_it_counts_by_provider(sign_in: SignIn, cast: Cast) -> None:
    waiting = replace(CAT, first_name="Wes", status=MessageStatus.QUEUED)
    batch = recent(a_batch(cast.riverside, cast.bob, ADA, CAT, BEN, REFUSED, waiting))
    with transaction():
        message_of(patient_of(batch, "Wes")).first_tried_at = utcnow()
    recent(a_batch(cast.hilltop, cast.charlie, CAT))
    page = sign_in(cast.alice).get("/mail-health")
    assert figures(page) == {
        "example.net": ["2", "0", "0", "2", "1"],
        "example.org": ["2", "1", "1", "0", "0"],
        "example.com": ["1", "0", "0", "1", "0"],
    }


@BOTH
def test_it_says_what_the_administrator_can_do(sign_in: SignIn, cast: Cast) -> None:
    batch = recent(a_batch(cast.riverside, cast.bob, REFUSED))
    assert "asks for DMARC" not in sign_in(cast.alice).get("/settings").words
    rex = patient_of(batch, "Rex")
    hears(rex, EvidenceKind.FAILED, reason="our_mail_refused", status="5.7.23", diagnostic="550 5.7.23 SPF fail")
    page = sign_in(cast.alice).get("/mail-health")
    assert "example.net : 1 message refused" in page.words
    assert "Add the smart host to the SPF record" in page.words
    assert "550 5.7.23 SPF fail" in page.words


def test_without_a_report_the_answer_while_sending_is_shown(sign_in: SignIn, cast: Cast) -> None:
    recent(a_batch(cast.riverside, cast.bob, REFUSED))
    assert "550 5.7.26 x" in sign_in(cast.alice).get("/mail-health").words


def test_it_names_the_return_path_and_keeps_secrets(sign_in: SignIn, cast: Cast) -> None:
    page = sign_in(cast.alice).get("/mail-health")
    assert "returns.riverside.example.org" in page.words
    assert "a key for tests" not in page.text
    assert "No message was sent in the last 30 days." in page.words


@pytest.mark.parametrize(
    ("status", "words", "advice"),
    [
        ("5.7.515", "", "DMARC"),
        ("", "550 SPF check failed", "SPF record"),
        ("", "550-5.7.25 no", "PTR"),
        ("5.7.1", "Client host [192.0.2.1] blocked using Spamhaus", "blocklist"),
        ("", "421 Too many messages", "SMTP_MESSAGES_PER_SECOND_PER_DOMAIN"),
        ("5.7.1", "Relay access denied", "SMTP_URL"),
        ("", "", "SPF, DKIM and DMARC"),
        ("", "x" * 5000 + "spf", "SPF, DKIM and DMARC"),
    ],
)
def test_the_advice_follows_what_the_server_said(status: str, words: str, advice: str) -> None:
    assert advice in for_administrator(status, words)


@BOTH
def test_reports_that_nobody_understood_can_be_read(sign_in: SignIn, cast: Cast) -> None:
    batch = a_batch(cast.riverside, cast.bob, CAT, replace(CAT, first_name="Cor"))
    hears(patient_of(batch, "Cat"), EvidenceKind.FAILED, understood=True)
    receipt = hears(patient_of(batch, "Cor"), EvidenceKind.OTHER, understood=False, text="Ihre Nachricht\nkam nicht an")
    browser = sign_in(cast.alice)
    health = browser.get("/mail-health")
    page = browser.get(health.link("1 report could not be understood"))
    assert "Cor Stevens" in page.words
    assert "Cat Stevens" not in page.words
    report = browser.get(f"/reports-not-understood/{receipt.id}")
    assert report.soup.select_one("pre").get_text() == "Ihre Nachricht\nkam nicht an"
    sign_in(cast.charlie).get(f"/reports-not-understood/{receipt.id}", status=404)


def test_a_report_that_was_understood_is_not_among_them(sign_in: SignIn, cast: Cast) -> None:
    batch = a_batch(cast.riverside, cast.bob, CAT)
    receipt = hears(patient_of(batch, "Cat"), EvidenceKind.FAILED, understood=True)
    sign_in(cast.alice).get(f"/reports-not-understood/{receipt.id}", status=404)


def test_a_report_whose_text_is_gone_says_why(sign_in: SignIn, cast: Cast) -> None:
    batch = a_batch(cast.riverside, cast.bob, CAT)
    receipt = hears(patient_of(batch, "Cat"), EvidenceKind.OTHER, understood=False)
    page = sign_in(cast.alice).get(f"/reports-not-understood/{receipt.id}")
    assert "it is removed after 30 days" in page.words


def test_many_reports_have_pages(sign_in: SignIn, cast: Cast) -> None:
    batch = a_batch(cast.riverside, cast.bob, CAT)
    cat = patient_of(batch, "Cat")
    for number in range(51):
        at = datetime(2026, 11, 4, 12, number % 60, tzinfo=UTC)
        hears(cat, EvidenceKind.OTHER, understood=False, received_at=at, diagnostic=str(number))
    browser = sign_in(cast.alice)
    page = browser.get("/reports-not-understood")
    assert len(page.soup.select("tbody tr")) == 50
    assert len(browser.get(page.link("Next page")).soup.select("tbody tr")) == 1


def test_hostile_reports_and_domains_are_only_text(sign_in: SignIn, cast: Cast) -> None:
    hostile = replace(REFUSED, surname=HOSTILE, email=f"a@{HOSTILE}", answer=HOSTILE)
    batch = recent(a_batch(cast.riverside, cast.bob, hostile, name=HOSTILE))
    receipt = hears(
        patient_of(batch, "Rex"),
        EvidenceKind.OTHER,
        understood=False,
        text=HOSTILE,
        reporting_mta=HOSTILE,
        address=HOSTILE,
        reason="our_mail_refused",
        diagnostic=HOSTILE,
    )
    browser = sign_in(cast.alice)
    for address in ("/mail-health", "/reports-not-understood", f"/reports-not-understood/{receipt.id}"):
        assert browser.get(address).text.count("&lt;img src=x onerror=alert(1)&gt;") >= 3
