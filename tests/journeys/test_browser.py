"""The whole journey of a practice manager in a real browser, with every process running and real mail between them."""

import csv
import io
import json
import re
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from rehearsal.patients import expected
from tests.journeys.chromium import Visitor, chromium
from tests.journeys.stack import ROOT, Stack, running_stack
from tests.servers import database, valkey, wait_until

pytestmark = pytest.mark.timeout(600)
LIST = ROOT / "rehearsal" / "patients.csv"
WORDS = "Dear ((first name)),\n\nYour flu clinic is on ((Clinic Date)).\n\nTo book, phone 01632 960000."
DONE_SECONDS = 300  # a greylisted message waits for more than a minute


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stack]:
    with valkey() as redis_url:
        if getattr(request, "param", "sqlite") == "sqlite":
            with running_stack(tmp_path, f"sqlite:///{tmp_path / 'postround.db'}", redis_url) as running:
                yield running
        else:
            server = request.getfixturevalue("postgres_server")
            with database(server) as url, running_stack(tmp_path, url, redis_url) as running:
                yield running


def inbox(stack: Stack) -> dict[str, Any]:
    with urllib.request.urlopen(f"{stack.inbox_url}/messages.json", timeout=60) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def figures(visitor: Visitor) -> dict[str, int]:
    """The four figures as the page shows them."""
    names = {"patients": "patients", "handed_over": "handed-over", "delivered": "delivered", "failed": "failed"}
    return {
        name: int(visitor.page.locator(f"#figure-{key}").inner_text().split()[0].replace(",", ""))
        for name, key in names.items()
    }


@pytest.mark.parametrize(("stack", "looks"), [("sqlite", True), ("postgresql", False)], indirect=["stack"])
def test_a_manager_sends_the_sample_list_and_sees_whom_it_did_not_reach(
    browser: Browser, stack: Stack, looks: bool, tmp_path: Path
) -> None:
    visitor = Visitor(browser, stack.base_url, tmp_path if looks else None)
    page, planned = visitor.page, expected()

    visitor.sign_in()
    visitor.look("home")
    page.get_by_role("main").get_by_role("link", name="Send a batch message").click()
    visitor.look("patients")
    page.locator("input[type=file]").set_input_files(LIST)
    page.wait_for_url("**/review")
    visitor.look("review")
    assert f"{planned.accepted}\nAccepted" in page.inner_text("main")
    assert f"{planned.not_accepted}\nNot accepted" in page.inner_text("main")
    for tab in ("please-check", "accepted"):
        page.locator(f"#tab_{tab}").click()
        visitor.look(f"review-{tab}")

    page.get_by_text(f"Continue with {planned.patients} patients").click()
    page.get_by_label("Name of this batch").fill("Flu invitations")
    page.get_by_label("Subject").fill("Your flu vaccination")
    page.get_by_label("Message", exact=True).fill(WORDS)
    page.get_by_text("Your flu clinic is on S").first.wait_for()
    visitor.look("message")
    page.get_by_role("button", name="Save and continue").click()
    page.wait_for_url("**/check")
    visitor.look("check")
    page.get_by_role("button", name=f"Send to {planned.patients} patients").dblclick()
    page.wait_for_selector("#live")

    address = page.url
    wait_until(lambda: page.locator("#live").get_by_text("Done", exact=True).count(), DONE_SECONDS, "Done")
    wait_until(lambda: figures(visitor)["failed"] == planned.failed_to_deliver, what="the reports")
    assert page.url == address, "the page moved by itself, without being asked again"
    assert figures(visitor) == {
        "patients": planned.patients,
        "handed_over": planned.reached,
        "delivered": 0,
        "failed": planned.failed_to_deliver,
    }
    visitor.look("details")
    each_reached_once_and_alone(stack, planned.reached)

    page.locator("#figure-failed").click()
    page.wait_for_url("**/failed")
    visitor.look("failed")
    with page.expect_download() as download:
        page.get_by_text("Download CSV").click()
    failed = read_csv(download.value.path())
    assert failed[0][:2] == ["NHS Number", "Email Address"]
    assert len(failed) == planned.failed_to_deliver + 1
    page.get_by_role("table").get_by_role("link").first.click()
    visitor.look("timeline")
    for name in ("batches", "people", "settings", "mail-health", "reports-not-understood", "help", "accessibility"):
        page.goto(f"{stack.base_url}/{name}")
        visitor.look(name)
    assert visitor.complaints == []


def each_reached_once_and_alone(stack: Stack, reached: int) -> None:
    def arrived() -> list[dict[str, Any]]:
        return [message for message in inbox(stack)["messages"] if message["in_inbox"]]

    wait_until(lambda: len(arrived()) >= reached, what="every message in its inbox")
    messages = arrived()
    assert len(messages) == reached
    assert all(len(message["to"]) == 1 for message in messages)
    # Two patients of the list share an address, and each of them gets a message.
    copies = Counter(message["to"][0] for message in messages)
    assert sorted(copies.values())[-2:] == [1, 2]
    assert len({message["envelope_id"] for message in messages}) == reached


def read_csv(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


def test_the_same_journey_without_javascript(browser: Browser, stack: Stack) -> None:
    visitor = Visitor(browser, stack.base_url, None, javascript=False)
    page, planned = visitor.page, expected()
    visitor.sign_in()
    page.get_by_role("main").get_by_role("link", name="Send a batch message").click()
    page.locator("input[type=file]").set_input_files(LIST)
    page.get_by_role("button", name="Check this list").click()
    page.get_by_text(f"Continue with {planned.patients} patients").click()
    page.get_by_label("Name of this batch").fill("Flu invitations")
    page.get_by_label("Subject").fill("Your flu vaccination")
    page.get_by_label("Message", exact=True).fill(WORDS)
    page.get_by_role("button", name="Save and continue").click()
    page.get_by_role("button", name=f"Send to {planned.patients} patients").click()
    page.wait_for_url(re.compile(r"/batches/\d+$"))

    def handed_over() -> bool:
        page.reload()
        return figures(visitor)["handed_over"] > 100

    wait_until(handed_over, 120, "a hundred handed over")
    page.locator("#figure-failed").click()
    page.get_by_role("heading", level=1, name="Failed to Deliver").wait_for()
