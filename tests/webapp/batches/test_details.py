"""View Details: what stands, what moves, what ends by itself; Stop, Try again, and what is not certain."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from messaging import batches
from messaging.batches import snapshots
from messaging.db import db, transaction, utcnow
from messaging.models import Batch, BatchStatus, Message, MessageStatus
from messaging.transitions import advance
from tests.cast import Cast
from tests.messaging.batch_drafts import a_draft
from tests.webapp.batches.being_sent import batch, done
from tests.webapp.batches.journey import SignIn
from tests.webapp.browser import Browser, Page

__all__ = ["batch"]


@pytest.fixture
def browser(sign_in: SignIn, cast: Cast) -> Browser:
    return sign_in(cast.bob)


def figures(page: Page) -> dict[str, str]:
    found = page.soup.select(".postround-figure__link")
    return {
        link.select_one(".postround-figure__name").get_text(): link.select_one(".postround-figure__number").get_text()
        for link in found
    }


def test_the_page_and_the_poll_show_the_same(browser: Browser, batch: Batch) -> None:
    page = browser.get(f"/batches/{batch.id}")
    part = browser.get(f"/batches/{batch.id}/live", part=True)

    assert str(page.soup.select_one("#live")) == str(part.soup.select_one("#live"))
    assert figures(part) == {"Patients": "3", "Handed over": "1", "Delivered": "0", "Failed to Deliver": "1"}
    assert "1 of 3 handed over; 1 still to go" in part.words
    progress = part.soup.select_one("progress")
    assert (progress["value"], progress["max"], progress.get_text(strip=True)) == ("2", "3", "2 of 3")


def test_every_figure_leads_to_its_patients(browser: Browser, batch: Batch) -> None:
    page = browser.get(f"/batches/{batch.id}")

    names = {"figure-patients": "Ada Ben Cat", "figure-handed-over": "Ada", "figure-delivered": ""}
    for figure, expected in names.items():
        people = browser.get(page.soup.select_one(f"#{figure}")["href"])
        found = [a.get_text(strip=True).split()[0] for a in people.soup.select("tbody a")]
        assert " ".join(found) == expected
    assert page.soup.select_one("#figure-failed")["href"] == f"/batches/{batch.id}/failed"
    browser.get(f"/batches/{batch.id}/outcomes/nonsense", status=404)


def test_patients_behind_a_figure_are_searched_and_paged(browser: Browser, batch: Batch) -> None:
    address = f"/batches/{batch.id}/outcomes/patients"

    page = browser.post(address, {"words": "nevis"}, status=200)

    assert [a.get_text(strip=True) for a in page.soup.select("tbody a")] == ["Ben Nevis"]
    assert "No patient here matches these words." in browser.post(address, {"words": "nobody"}, status=200).words


def test_the_chart_has_the_same_figures_as_a_table(browser: Browser, batch: Batch) -> None:
    page = browser.get(f"/batches/{batch.id}")

    rows = [[cell.get_text() for cell in row.select("td")][1:] for row in page.soup.select("#chart-figures tbody tr")]
    assert rows == [["1", "0"], ["1", "1"]]
    assert "1 were handed over and 1 had failed." in page.soup.select_one("svg title").get_text()
    assert len(page.soup.select("svg polyline")) == 2


def test_nothing_new_is_answered_with_nothing(browser: Browser, batch: Batch) -> None:
    ask = browser.get(f"/batches/{batch.id}").soup.select_one("#live")["hx-get"]

    assert browser.get(ask, part=True, status=204).text == ""


def test_a_change_of_state_is_announced_once_and_takes_the_buttons_with_it(browser: Browser, batch: Batch) -> None:
    page = browser.get(f"/batches/{batch.id}")
    ask = page.soup.select_one("#live")["hx-get"]
    region = page.soup.select_one("#announcement")
    assert (region["role"], region["aria-live"], region.get_text()) == ("status", "polite", "")
    done(batch)

    part = browser.get(ask, part=True)
    swapped = {tag["id"]: tag for tag in part.soup.select("[hx-swap-oob]")}
    assert swapped["announcement"].get_text().startswith("Done. Everything was sent by")
    assert "Stop sending" not in swapped["actions"].get_text()
    assert "Everything was sent" in swapped["happened"].get_text()

    again = part.soup.select_one("#live")["hx-get"].replace("seen=", "seen=x")
    assert not browser.get(again, part=True).soup.select("[hx-swap-oob]")


def test_it_asks_quickly_while_sending_less_often_when_done_and_never_after_a_week(
    browser: Browser, batch: Batch
) -> None:
    def trigger() -> str | None:
        return browser.get(f"/batches/{batch.id}/live", part=True).soup.select_one("#live").get("hx-trigger")

    assert trigger() == "every 3s"
    done(batch)
    for since, asks in (
        (timedelta(minutes=1), "every 5s"),  # a report may come at any moment
        (timedelta(hours=1), "every 30s"),
        (timedelta(days=8), None),
    ):
        with transaction():
            db.session.execute(update(Batch).values(done_at=utcnow() - since))
        assert trigger() == asks


@pytest.fixture
def half_made(cast: Cast) -> Batch:
    """Begun a moment ago: two of three messages are made."""
    made = a_draft(cast)
    batches.approve(made, cast.bob)
    with transaction():
        advance(Batch, BatchStatus.SENDING, Batch.id == made.id, started_at=utcnow(), messages_made=2)
    db.session.refresh(made)
    return made


def test_while_messages_are_made_it_says_how_many_of_how_many(browser: Browser, half_made: Batch) -> None:
    for page in (
        browser.get(f"/batches/{half_made.id}"),
        browser.get(f"/batches/{half_made.id}/live?seen=another", part=True),
    ):
        assert "Getting the messages ready. Sending begins by itself." in page.words
        assert page.soup.select_one("label[for=progress]").get_text() == "2 of 3 messages ready"
        assert (page.soup.progress["value"], page.soup.progress["max"]) == ("2", "3")

    seen = page.soup.select_one("#live")["hx-get"]
    browser.get(seen, part=True, status=204)
    with transaction():
        half_made.messages_made = 3
    assert "3 of 3 messages ready" in browser.get(seen, part=True).words


@pytest.mark.parametrize("stage", ["batch", "half_made"])
def test_the_live_part_costs_at_most_three_queries(
    browser: Browser, stage: str, request: pytest.FixtureRequest
) -> None:
    from sqlalchemy import event

    batch = request.getfixturevalue(stage)
    statements: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    browser.get(f"/batches/{batch.id}/live", part=True)

    assert len([s for s in statements if s.startswith(("SELECT", "WITH", "UPDATE", "INSERT"))]) <= 3, statements


def test_a_poll_does_not_wait_for_counting_and_the_next_one_shows_what_was_counted(
    browser: Browser, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "KEPT_AT_LEAST", 0.0)
    monkeypatch.setattr(snapshots, "COST_SHARE", 0)
    browser.get(f"/batches/{batch.id}")
    with transaction():
        advance(Message, MessageStatus.FAILED, Message.batch_id == batch.id, failed_at=utcnow())

    polls = [figures(browser.get(f"/batches/{batch.id}/live", part=True))["Failed to Deliver"] for _ in range(2)]

    assert polls == ["1", "3"]


def test_a_good_email_batch_is_done_with_nothing_delivered(browser: Browser, batch: Batch) -> None:
    done(batch)

    page = browser.get(f"/batches/{batch.id}")

    assert page.soup.select_one(".nhsuk-tag").get_text(strip=True) == "Done"
    assert figures(page)["Delivered"] == "0"
    assert "Email is never counted here: mail systems do not confirm it reliably." in page.words
    assert "Reports can arrive for days, and not every mail system sends one." in page.words


def test_stopping_asks_first_and_then_stops(browser: Browser, batch: Batch) -> None:
    question = browser.get(browser.get(f"/batches/{batch.id}").link("Stop sending"))
    assert question.h1 == "Stop sending?"
    assert db.session.get_one(Batch, batch.id, populate_existing=True).status is BatchStatus.SENDING

    page = browser.follow(browser.post(f"/batches/{batch.id}/stopping"))

    assert "Stopped by Bob" in page.words
    assert "1 patient was not sent to" in page.words
    assert browser.get(page.link("See who was not sent to")).h1 == "Not sent"
    assert "Stop sending" not in page.words


def test_stopping_what_has_ended_says_so(browser: Browser, batch: Batch) -> None:
    done(batch)

    page = browser.follow(browser.post(f"/batches/{batch.id}/stopping"))
    assert "Important There was nothing left to stop." in page.words
    browser.get(f"/batches/{batch.id}/stopping", status=302)


def test_a_held_batch_shows_the_servers_words_as_text_and_try_again(browser: Browser, batch: Batch) -> None:
    with transaction():
        batch.held_at, batch.held_because = utcnow(), "550 5.7.1 <b>go away</b>"

    page = browser.get(f"/batches/{batch.id}")
    assert page.soup.select_one(".nhsuk-tag").get_text(strip=True) == "Held"
    assert "No patient counts as failed because of it." in page.words
    assert "550 5.7.1 <b>go away</b>" in page.words

    page = browser.follow(browser.post(f"/batches/{batch.id}/release"))
    assert "Trying again." in page.words
    assert page.soup.select_one(".nhsuk-tag").get_text(strip=True) == "Sending"


def test_messages_that_are_not_certain_wait_for_a_decision(browser: Browser, batch: Batch) -> None:
    with transaction():
        advance(Message, MessageStatus.SENDING, Message.status == MessageStatus.QUEUED)
        db.session.execute(update(Message).where(Message.status == MessageStatus.SENDING).values(in_doubt_at=utcnow()))

    page = browser.get(browser.get(f"/batches/{batch.id}").link("Decide what to do"))
    assert "Cat Stevens" in page.words

    browser.post(f"/batches/{batch.id}/doubts", {"decision": "perhaps"}, status=400)
    page = browser.follow(browser.post(f"/batches/{batch.id}/doubts", {"decision": "leave"}))
    assert "Left as it is: 1 message." in page.words
    assert "1 of 3 handed over" not in page.words


def test_it_says_when_no_worker_is_running(browser: Browser, batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "The queue does not answer" in browser.get(f"/batches/{batch.id}").words

    monkeypatch.setattr("messaging.queue.count_workers", lambda: 0)
    browser.app.extensions.pop("postround_progress")
    assert "No worker is running, so nothing is sent now." in browser.get(f"/batches/{batch.id}").words

    monkeypatch.setattr("messaging.queue.count_workers", lambda: 1)
    browser.app.extensions.pop("postround_progress")
    assert "Nothing is lost" not in browser.get(f"/batches/{batch.id}").words


def test_it_says_when_the_mail_server_does_not_answer(
    browser: Browser, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("messaging.queue.count_workers", lambda: 1)
    with transaction():
        advance(Message, MessageStatus.SENDING, Message.status == MessageStatus.QUEUED)

    page = browser.get(f"/batches/{batch.id}")

    assert "1 of 3 handed over. Waiting for the mail server to answer." in page.words


def test_a_viewer_sees_the_details_and_no_button(sign_in: SignIn, cast: Cast, batch: Batch) -> None:
    page = sign_in(cast.nina).get(f"/batches/{batch.id}")

    assert figures(page)["Patients"] == "3"
    assert "Stop sending" not in page.words


def test_what_happened_is_told_newest_first(browser: Browser, batch: Batch) -> None:
    done(batch)
    with transaction():
        batch.started_at = batch.approved_at

    rows = browser.get(f"/batches/{batch.id}").soup.select("table")[-1].select("tbody tr")

    what = [row.select("td")[1].get_text(strip=True) for row in rows]
    assert what == ["Everything was sent", "Sending began", "Approved by Bob", "Draft made by Alice"]
