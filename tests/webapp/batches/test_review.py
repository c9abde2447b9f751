"""Review Patient List: refused rows, decisions, accepted patients; hostile cells stay text everywhere."""

import csv
import io
from datetime import UTC, datetime

from sqlalchemy import select

from messaging.db import db, transaction
from messaging.models import AuditEntry, Batch, Suppression
from tests.cast import Cast
from tests.messaging.batch_drafts import ADA, BEN, CAT, HEADINGS
from tests.webapp.batches.journey import SignIn, upload, words
from tests.webapp.browser import HOSTILE

SLIP = BEN.replace("example.org", "gmial.com")


def a_list(*rows: str) -> bytes:
    return "\n".join([HEADINGS, *rows]).encode()


def test_not_accepted_comes_first_grouped_by_reason_with_what_to_do(sign_in: SignIn, cast: Cast) -> None:
    page = upload(
        sign_in(cast.alice), a_list(ADA, "1,Bad,One,x@example.org,", "2,Bad,Two,y@example.org,", "9990000026,,,,")
    )

    assert page.soup.select_one(".nhsuk-tabs__tab").get_text(strip=True) == "Not accepted (3)"
    reasons = [li.get_text(" ", strip=True) for li in page.soup.select(".postround-reasons li")]
    assert reasons == ["2 This NHS number has fewer than ten digits.", "1 There is no email address in this row."]
    row = page.soup.select_one("#not-accepted tbody tr").get_text(" ", strip=True)
    assert row.startswith("Row in your file 3 NHS number 1 What is wrong This NHS number has fewer than ten digits.")


def test_fifty_are_shown_and_the_download_has_all(sign_in: SignIn, cast: Cast) -> None:
    browser = sign_in(cast.alice)
    page = upload(browser, a_list(ADA, *(f"{n},Bad,Row,x@example.org," for n in range(60))))

    assert len(page.soup.select("#not-accepted tbody tr")) == 50
    assert "These are the first 50. The download has all 60." in page.words
    rows = list(csv.reader(io.StringIO(browser.get(page.link("Download List")).text)))
    assert len(rows) == 61
    assert rows[0][:2] == ["Row in your file", "NHS Number"]
    newest = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert newest is not None
    assert (newest.actor, newest.action) == (f"user {cast.alice.id}", "not accepted list downloaded")


def test_the_download_holds_no_live_formula(sign_in: SignIn, cast: Cast) -> None:
    browser = sign_in(cast.alice)
    page = upload(browser, a_list(ADA, "=cmd|' /C calc'!A0,Bad,Row,@SUM(1),+1"))

    rows = list(csv.reader(io.StringIO(browser.get(page.link("Download List")).text)))

    assert rows[1][1].startswith("'=cmd")
    assert not [cell for cell in rows[1] if cell.startswith(("=", "+", "-", "@"))]


def test_a_decision_for_all_changes_the_number_to_continue_with(sign_in: SignIn, cast: Cast) -> None:
    browser = sign_in(cast.bob)
    page = upload(browser, a_list(ADA, SLIP, ADA))
    assert page.link("Continue with 1 patient")
    assert "2 accepted patients are left out for now." in page.words

    page = browser.follow(browser.post("/batches/1/review/concerns/typing_slip", {"decision": "keep"}))

    assert page.link("Continue with 2 patients")
    assert "Now: kept." in page.words


def test_a_decision_for_one_patient_is_for_them_alone(sign_in: SignIn, cast: Cast) -> None:
    browser = sign_in(cast.alice)
    page = upload(browser, a_list(ADA, BEN.replace("ben@", "ada@"), CAT))
    one = page.soup.select_one("#please-check tbody input[name=patient]")["value"]

    page = browser.follow(
        browser.post("/batches/1/review/concerns/shared_address", {"decision": "leave_out", "patient": one})
    )

    assert page.link("Continue with 2 patients")
    assert "Now: 1 left out, 1 kept." in page.words


def test_it_says_when_a_patient_would_be_missed_because_both_their_rows_are_left_out(
    sign_in: SignIn, cast: Cast
) -> None:
    page = upload(sign_in(cast.alice), a_list(ADA.replace("example.org", "gmial.com"), ADA, BEN, BEN))

    assert "The same NHS number is also in row 2. That row is left out too, so keep this one" in page.words
    assert "also in row 4. That row" not in page.words


def test_an_address_that_failed_before_is_told_with_its_day_and_reason(sign_in: SignIn, cast: Cast) -> None:
    with transaction():
        db.session.add(
            Suppression(
                organisation_id=cast.riverside.id,
                email="ada@example.org",
                reason="no_such_mailbox",
                since=datetime(2026, 11, 3, 9, tzinfo=UTC),
            )
        )

    page = upload(sign_in(cast.alice), a_list(ADA, BEN))

    assert "Failed on 3 November 2026: there is no mailbox with this name." in page.words
    assert page.link("Continue with 1 patient")


def test_what_is_no_decision_is_refused(sign_in: SignIn, cast: Cast) -> None:
    browser = sign_in(cast.alice)
    upload(browser, a_list(ADA, ADA))

    browser.post("/batches/1/review/concerns/duplicate", {"decision": "perhaps"}, status=400)
    browser.post("/batches/1/review/concerns/duplicate", {"decision": "keep", "patient": "²"}, status=400)
    browser.post("/batches/1/review/concerns/nothing", {"decision": "keep"}, status=404)


def test_nobody_to_send_to_offers_no_way_on_but_another_file(sign_in: SignIn, cast: Cast) -> None:
    page = upload(sign_in(cast.alice), a_list("1,Bad,Row,x@example.org,"))

    assert "Nobody in this list can be sent to." in page.words
    assert page.link("Upload your file again") == "/batches/1/patients"
    assert "Continue with" not in page.words


def test_accepted_patients_are_searched_without_their_names_in_an_address(sign_in: SignIn, cast: Cast) -> None:
    browser = sign_in(cast.nina)
    upload(sign_in(cast.alice), a_list(ADA, BEN, CAT))

    part = browser.post("/batches/1/review/accepted", {"words": "nevis"}, part=True, status=200)
    whole = browser.post("/batches/1/review", {"words": "999 000 0018"}, status=200)

    for page in (part, whole):
        rows = page.soup.select("#accepted-patients tbody tr")
        assert ["Ben Nevis" in row.get_text() for row in rows] == [True]
        assert page.soup.select_one("#accepted-search")["method"] == "post"


def test_accepted_patients_are_paged(sign_in: SignIn, cast: Cast) -> None:
    browser = sign_in(cast.alice)
    rows = [ADA.replace("Monday", str(n)) for n in range(45)]
    upload(browser, a_list(*rows))

    first = browser.get("/batches/1/review")
    last = browser.post("/batches/1/review/accepted", {"page": "3"}, part=True, status=200)
    beyond = browser.post("/batches/1/review/accepted", {"page": "99999"}, part=True, status=200)

    assert "1 to 20 of 45" in first.words
    assert "41 to 45 of 45" in last.words
    assert last.words == beyond.words


def test_a_viewer_sees_the_review_and_no_button(sign_in: SignIn, cast: Cast) -> None:
    upload(sign_in(cast.alice), a_list(ADA, ADA))

    page = sign_in(cast.nina).get("/batches/1/review")

    buttons = [button.get_text(" ", strip=True) for button in page.soup.select("main button, main .nhsuk-button")]
    assert buttons == ["Search the accepted patients"]


def test_html_in_a_list_is_only_text_on_every_page(sign_in: SignIn, cast: Cast) -> None:
    browser = sign_in(cast.alice)
    heading = f"NHS Number,First Name,Surname,Email Address,{HOSTILE}"
    rows = [
        f"9434765919,{HOSTILE},{HOSTILE},ada@example.org,{HOSTILE}",
        f"9434765919,{HOSTILE},{HOSTILE},ada@example.org,{HOSTILE}",
        f"{HOSTILE},{HOSTILE},{HOSTILE},{HOSTILE},{HOSTILE}",
    ]
    upload(browser, "\n".join([heading, *rows]).encode(), f"{HOSTILE}.csv")
    text = f"{HOSTILE} ((first name)) (({HOSTILE}))"
    browser.post("/batches/1/message", words(HOSTILE, HOSTILE, text), status=302)

    for address in (
        "/batches/1/review",
        "/batches/1/patients",
        "/batches/1/message",
        "/batches/1/message/preview?patient=1",
        "/batches/1/check",
        "/batches/1",
        "/batches",
        "/batches/1/outcomes/patients",
    ):
        page = browser.get(address)  # the browser refuses a page with an image that would run
        assert not page.soup.find("img", src="x"), address
    assert db.session.get_one(Batch, 1).name == HOSTILE
