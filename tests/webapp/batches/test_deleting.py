"""Delete draft: asked first, done with a form, and gone from the list."""

from messaging import batches
from messaging.db import db
from messaging.models import Batch
from tests.cast import Cast
from tests.messaging.batch_drafts import a_draft
from tests.webapp.batches.journey import SignIn


def test_it_asks_first_and_then_the_draft_is_gone(sign_in: SignIn, cast: Cast) -> None:
    draft, other = a_draft(cast, name="Flu"), a_draft(cast, name="Shingles")
    browser = sign_in(cast.bob)

    question = browser.get(browser.get("/batches").link("Delete draft Flu"))
    assert question.h1 == "Delete this draft?"
    assert "Flu , with the list flu.csv of 3 patients" in question.words
    assert db.session.get(Batch, draft.id), "looking deletes nothing"

    form = question.soup.select_one("main form")
    page = browser.follow(browser.post(form["action"]))
    assert "The draft is deleted." in page.words
    assert [row.a.get_text(strip=True) for row in page.soup.select("tbody tr")] == ["Shingles"]
    browser.post(form["action"], status=404)
    browser.get(f"/batches/{other.id}/message")


def test_an_empty_draft_can_be_deleted_too(sign_in: SignIn, cast: Cast) -> None:
    details = f"/batches/{batches.create_draft(cast.riverside, cast.alice).id}"
    browser = sign_in(cast.alice)

    question = browser.get(browser.get(details).link("Delete draft"))
    assert "No name yet" in question.words
    browser.post(question.soup.select_one("main form")["action"])
    browser.get(details, status=404)


def test_what_was_approved_meanwhile_shows_its_details_instead(sign_in: SignIn, cast: Cast) -> None:
    batch = a_draft(cast)
    browser = sign_in(cast.alice)
    question = browser.get(f"/batches/{batch.id}/deletion")
    batches.approve(batch, cast.bob)

    answer = browser.post(question.soup.select_one("main form")["action"])
    assert answer.headers["Location"] == f"/batches/{batch.id}"
    assert "Delete draft" not in browser.follow(answer).words
    assert "Delete draft" not in browser.get("/batches").words


def test_who_may_only_look_is_not_offered_it(sign_in: SignIn, cast: Cast) -> None:
    draft = a_draft(cast)
    nina = sign_in(cast.nina)

    assert "Delete draft" not in nina.get("/batches").words
    assert "Delete draft" not in nina.get(f"/batches/{draft.id}").words
