"""Check and send: what will happen, and that it happens once."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from messaging import batches
from messaging.db import db, transaction, utcnow
from messaging.models import AuditEntry, Batch, BatchStatus, ConcernKind
from tests.cast import Cast
from tests.messaging.batch_drafts import ADA, BEN, HEADINGS
from tests.webapp.batches.journey import SignIn, a_ready_batch, upload, words
from tests.webapp.browser import Browser, Page
from webapp.words import UK


def seal(page: Page) -> str:
    return str(page.soup.select_one("input[name=seal]")["value"])


def approved(browser: Browser, page: Page, status: int = 302, **more: str) -> Page:
    return browser.post("/batches/1/approval", {"send": "now", "seal": seal(page), **more}, status=status)


def the_batch() -> Batch:
    return db.session.get_one(Batch, 1, populate_existing=True)


def test_it_says_who_is_sent_to_who_is_left_out_and_why(sign_in: SignIn, cast: Cast) -> None:
    browser = sign_in(cast.alice)
    slip = BEN.replace("example.org", "gmial.com")
    upload(browser, "\n".join([HEADINGS, ADA, ADA, slip, "1,Bad,Row,x@example.org,"]).encode())
    page = browser.follow(browser.post("/batches/1/message", words()))

    assert "1 patient by email" in page.words
    assert "1 row of your file was not accepted." in page.words
    assert (
        "2 accepted patients are left out: 1 for “the same patient twice”, 1 for “a likely typing slip”." in page.words
    )
    assert page.soup.select_one("#send-button").get_text(strip=True) == "Send to 1 patient"
    assert "Email cannot be confirmed as delivered" in page.words


def test_it_says_for_how_many_a_field_is_empty(sign_in: SignIn, cast: Cast) -> None:
    browser = sign_in(cast.alice)
    upload(browser, "\n".join([HEADINGS, ADA, BEN.replace("Ben", "")]).encode())
    page = browser.follow(browser.post("/batches/1/message", words(body="Dear ((First Name))")))

    assert "((First Name)) is empty for 1 patient: nothing will stand there." in page.words


def test_it_shows_the_whole_message_of_a_patient_and_another_with_one_click(sign_in: SignIn, cast: Cast) -> None:
    browser = sign_in(cast.alice)
    a_ready_batch(browser)

    names: set[str] = set()
    for _ in range(300):  # chance decides; nearly always a few are enough
        names.add(browser.get("/batches/1/check").soup.select_one(".postround-letter__body").get_text(strip=True))
        if len(names) == 3:
            break
    assert names == {"Dear Ada", "Dear Ben", "Dear Cat"}
    part = browser.get("/batches/1/check", part=True)
    assert part.soup.find("section", id="letter")
    assert not part.soup.find("form")


def test_what_keeps_it_from_being_sent_stands_in_place_of_the_button(sign_in: SignIn, cast: Cast) -> None:
    browser = sign_in(cast.alice)
    upload(browser)

    page = browser.get("/batches/1/check")

    assert "It cannot be sent yet" in page.words
    assert "Enter a subject." in page.words
    assert not page.soup.select_one("#send-button")
    browser.post("/batches/1/approval", {"send": "now", "seal": ""}, status=422)
    assert the_batch().is_draft


def test_a_double_click_a_reload_and_a_second_tab_approve_once(sign_in: SignIn, cast: Cast) -> None:
    browser, other_tab = sign_in(cast.alice), sign_in(cast.alice)
    page = a_ready_batch(browser)
    other_page = other_tab.get("/batches/1/check")

    first = approved(browser, page)
    again = approved(browser, page)
    other = approved(other_tab, other_page)

    assert {answer.headers["Location"] for answer in (first, again, other)} == {"/batches/1"}
    count = select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "batch approved")
    assert db.session.scalar(count) == 1
    assert the_batch().status is BatchStatus.SCHEDULED


def test_what_was_changed_in_another_tab_is_read_again_before_it_is_sent(sign_in: SignIn, cast: Cast) -> None:
    browser, other_tab = sign_in(cast.alice), sign_in(cast.bob)
    page = a_ready_batch(browser)
    other_tab.get("/batches/1/message")
    other_tab.post("/batches/1/message", words(body="Other words"))

    again = approved(browser, page, status=422)

    assert again.errors == ["This batch was changed after you opened this page. Read it again below, then send it."]
    assert "Other words" in again.words
    assert the_batch().is_draft
    approved(browser, again)
    assert the_batch().status is BatchStatus.SCHEDULED


def test_a_decision_in_another_tab_counts_as_a_change(sign_in: SignIn, cast: Cast) -> None:
    browser = sign_in(cast.alice)
    upload(browser, "\n".join([HEADINGS, ADA, ADA]).encode())
    page = browser.follow(browser.post("/batches/1/message", words()))
    batches.decide(the_batch(), ConcernKind.DUPLICATE, False, cast.bob)

    approved(browser, page, status=422)

    assert the_batch().is_draft


def test_it_can_be_sent_at_a_time_in_the_uk(sign_in: SignIn, cast: Cast) -> None:
    browser = sign_in(cast.alice)
    page = a_ready_batch(browser)
    day = (utcnow() + timedelta(days=30)).astimezone(UK).date()

    at = {"day": str(day.day), "month": str(day.month), "year": str(day.year), "time": "9:30am"}
    details = browser.follow(approved(browser, page, send="later", **at))

    local = datetime(day.year, day.month, day.day, 9, 30, tzinfo=UK)
    assert the_batch().scheduled_for == local.astimezone(UTC)
    assert "Scheduled" in details.words
    assert "at 9:30am, UK time." in details.words


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("day", "32", "Enter a real date, for example 25 11 2026."),
        ("time", "noon", "Enter a time, for example 9:30am."),
        ("year", "2020", "Choose a time that has not passed."),
    ],
)
def test_a_wrong_time_is_said_at_its_field_and_nothing_is_sent(
    sign_in: SignIn, cast: Cast, field: str, value: str, sentence: str
) -> None:
    browser = sign_in(cast.alice)
    page = a_ready_batch(browser)
    day = utcnow() + timedelta(days=30)
    at = {"day": str(day.day), "month": str(day.month), "year": str(day.year), "time": "9:30am", field: value}

    page = approved(browser, page, send="later", status=422, **at)

    assert page.errors == [sentence]
    assert page.soup.select_one(f"#{field}")["value"] == value
    assert the_batch().is_draft


def test_a_choice_is_asked_for(sign_in: SignIn, cast: Cast) -> None:
    browser = sign_in(cast.alice)
    page = a_ready_batch(browser)

    assert approved(browser, page, send="", status=422).errors == ["Select when it should be sent"]


def test_the_pages_of_a_draft_lead_to_the_details_once_it_is_approved(sign_in: SignIn, cast: Cast) -> None:
    browser = sign_in(cast.alice)
    approved(browser, a_ready_batch(browser))

    for address in ("patients", "review", "message", "check", "continue"):
        assert browser.get(f"/batches/1/{address}", status=302).headers["Location"] == "/batches/1"
    page = browser.post("/batches/1/message/preview", words(), part=True, status=204)
    assert page.headers["HX-Redirect"] == "/batches/1"


def test_a_viewer_sees_everything_and_no_button(sign_in: SignIn, cast: Cast) -> None:
    a_ready_batch(sign_in(cast.alice))

    page = sign_in(cast.nina).get("/batches/1/check")

    assert "3 patients by email" in page.words
    assert not page.soup.select("main button, main input, main .nhsuk-summary-list a")


def test_a_practice_without_an_address_is_told_where_to_set_it(sign_in: SignIn, cast: Cast) -> None:
    browser = sign_in(cast.alice)
    a_ready_batch(browser)
    with transaction():
        cast.riverside.from_address = ""

    assert "The practice has no from-address yet." in browser.get("/batches/1/check").words
