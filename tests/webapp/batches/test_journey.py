"""From a file to the details of what was sent, as alice goes through it."""

from messaging.db import db
from messaging.models import Batch, BatchStatus
from tests.cast import Cast
from tests.webapp.batches.journey import SignIn, a_ready_batch, upload, words


def test_alice_uploads_reviews_writes_checks_and_sends(sign_in: SignIn, cast: Cast) -> None:
    browser = sign_in(cast.alice)

    review = upload(browser)
    assert review.h1 == "Review Patient List"
    assert "flu.csv, 3 rows" in review.words.replace(" ,", ",")

    message = browser.get(review.link("Continue with 3 patients"))
    assert message.h1 == "Message"

    check = browser.follow(browser.post("/batches/1/message", words()))
    assert check.h1 == "Check and send"
    assert check.soup.select_one("#send-button").get_text(strip=True) == "Send to 3 patients"

    seal = check.soup.select_one("input[name=seal]")["value"]
    details = browser.follow(browser.post("/batches/1/approval", {"send": "now", "seal": seal}))
    assert details.h1 == "Flu"
    assert "Queued" in details.words
    batch = db.session.get_one(Batch, 1)
    assert (batch.status, batch.approved_by_id) == (BatchStatus.SCHEDULED, cast.alice.id)


def test_every_page_of_the_journey_can_be_looked_at(sign_in: SignIn, cast: Cast) -> None:
    browser = sign_in(cast.alice)
    assert "No batch message has been sent" in browser.get("/batches").words
    a_ready_batch(browser)

    for address in (
        "/batches",
        "/batches/1",
        "/batches/1/patients",
        "/batches/1/review",
        "/batches/1/message",
        "/batches/1/check",
        "/batches/1/message/preview?patient=1",
        "/batches/1/outcomes/patients",
    ):
        browser.get(address)
