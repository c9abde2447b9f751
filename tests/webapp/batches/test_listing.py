"""View Batch Messages: each batch, how it stands, and how it is found."""

import pytest

from messaging import batches
from messaging.models import Batch
from tests.cast import Cast
from tests.messaging.batch_drafts import a_draft
from tests.webapp.batches.being_sent import batch, done
from tests.webapp.batches.journey import SignIn
from tests.webapp.browser import Browser

__all__ = ["batch"]


@pytest.fixture
def browser(sign_in: SignIn, cast: Cast) -> Browser:
    return sign_in(cast.bob)


def test_the_list_shows_each_batch_and_moves_the_rows_that_move(browser: Browser, cast: Cast, batch: Batch) -> None:
    a_draft(cast, name="Later")

    page = browser.get("/batches")
    assert page.link("View Details Flu") == f"/batches/{batch.id}"
    rows = page.soup.select("tbody tr")
    assert [row.select_one("a").get_text(strip=True) for row in rows] == ["Later", "Flu"]
    assert rows[0].get("hx-get") is None
    assert "Continue" in rows[0].get_text()
    assert rows[1].select("td")[-1].a["href"] == f"/batches/{batch.id}/failed"

    assert browser.get(rows[1]["hx-get"], part=True, status=204).text == ""
    done(batch)
    moved = browser.get(rows[1]["hx-get"], part=True).soup.select_one("tr")
    assert moved.get("hx-get") is None
    assert "Done" in moved.get_text()


def test_the_list_is_searched_and_filtered(browser: Browser, cast: Cast, batch: Batch) -> None:
    a_draft(cast, name="Later")

    def names(address: str) -> list[str]:
        return [row.select_one("a").get_text(strip=True) for row in browser.get(address).soup.select("tbody tr")]

    assert names("/batches?q=lat") == ["Later"]
    assert names("/batches?status=sending") == ["Flu"]
    assert names("/batches?status=nonsense") == ["Later", "Flu"]
    assert "No batch message matches." in browser.get("/batches?q=zebra").words
    assert browser.get("/batches?q=lat", part=True).soup.select_one("#batches")


def test_a_draft_is_taken_up_where_it_was_left(browser: Browser, cast: Cast) -> None:
    draft = batches.create_draft(cast.riverside, cast.alice)
    assert browser.get(f"/batches/{draft.id}/continue", status=302).headers["Location"].endswith("/patients")
    with_words = a_draft(cast)
    assert browser.get(f"/batches/{with_words.id}/continue", status=302).headers["Location"].endswith("/message")
