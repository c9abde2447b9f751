"""A disk without room and a database that is away: each POST gets a page that says so, and nothing is half saved."""

import errno
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_security.utils import hash_password
from sqlalchemy import event

from messaging import batches
from messaging.config import Settings
from messaging.db import db, transaction
from messaging.models import User
from tests.cast import Cast, make_cast
from tests.journeys.fault_kit import PostgresControl
from tests.messaging.batch_drafts import CAT, HEADINGS, a_draft
from tests.servers import database, postgres, wait_until
from tests.webapp.batches.journey import a_file, words
from tests.webapp.browser import Browser, Page
from tests.webapp.failed_batch import ADA, a_batch, patient_of
from webapp import create_app, errors

SignIn = Callable[[User], Browser]
FULL = "Nothing was saved, because the disk is full"
AWAY = "Postround cannot reach its database"
PASSWORD = "three random words"

# What is posted where, and how it is answered when all is well.
POSTS: dict[str, tuple[str, Callable[[], dict[str, Any]], int]] = {
    "a new list": ("/batches/new", a_file, 302),
    "another list": ("/batches/{draft}/patients", a_file, 302),
    "a decision": ("/batches/{draft}/review/concerns/duplicate", lambda: {"decision": "keep"}, 302),
    "a message": ("/batches/{draft}/message", lambda: words(body="Other words"), 302),
    "a test": ("/batches/{draft}/test", words, 302),
    "an approval": ("/batches/{draft}/approval", lambda: {"send": "now", "seal": "{seal}"}, 302),
    "a stop": ("/batches/{scheduled}/stopping", dict, 302),
    "a deletion": ("/batches/{draft}/deletion", dict, 302),
    "dealt with": ("/batches/{sent}/failed/dealt-with", lambda: {"patient": "{patient}"}, 303),
    "the settings": ("/settings", lambda: {"name": "B", "from_address": "b@example.org", "when_in_doubt": "ask"}, 302),
    "a person": ("/people/new", lambda: {"name": "Dora", "email": "dora@example.org", "role": "sender"}, 200),
    "a role": ("/people/{nina}", lambda: {"role": "sender"}, 302),
    "a new password": ("/people/{nina}/password", dict, 200),
    "a password": ("/password", lambda: {"current": PASSWORD, "new": "quite another one"}, 302),
}


def things(cast: Cast) -> dict[str, Any]:
    with transaction():
        cast.alice.password = hash_password(PASSWORD)
    draft, scheduled = a_draft(cast, CAT, CAT), a_draft(cast)
    batches.approve(scheduled, cast.alice)
    sent = a_batch(cast.riverside, cast.bob, ADA)
    return {
        "draft": draft.id,
        "seal": batches.seal(draft),
        "scheduled": scheduled.id,
        "sent": sent.id,
        "patient": patient_of(sent, "Ada").id,
        "nina": cast.nina.id,
    }


def everything() -> dict[str, list[Any]]:
    """All rows of all tables."""
    db.session.rollback()
    return {table.name: list(db.session.execute(table.select())) for table in db.metadata.sorted_tables}


@contextmanager
def no_room(database_url: str) -> Iterator[None]:
    """No file of this process can grow beyond what its write-ahead log has now: the system itself refuses to write."""
    assert signal.getsignal(signal.SIGXFSZ) is signal.SIG_IGN
    log = Path(database_url.removeprefix("sqlite:///") + "-wal")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def posted(browser: Browser, deed: str, there: dict[str, Any], status: int | None = None) -> Page:
    """Answered as when all is well, unless another status is named."""
    address, data, as_ever = POSTS[deed]
    filled = {name: value.format(**there) if isinstance(value, str) else value for name, value in data().items()}
    return browser.post(address.format(**there), filled, status=status or as_ever)


@pytest.mark.parametrize("deed", POSTS)
def test_each_post_on_a_full_disk_says_so_and_changes_nothing(
    deed: str, sign_in: SignIn, cast: Cast, database_url: str
) -> None:
    there, alice = things(cast), sign_in(cast.alice)
    alice.get("/")
    before = everything()

    with no_room(database_url):
        page = posted(alice, deed, there, 507)
        home, check = alice.get("/"), alice.get(f"/batches/{there['draft']}/check")

    assert page.h1 == FULL
    assert "Tell your administrator" in page.words
    assert page.link("Go to Manage Organisation") == "/"
    assert (home.h1, check.h1) == ("Manage Organisation", "Check and send")
    assert everything() == before

    posted(alice, deed, there)  # with room again, the same deed is done
    assert everything() != before


def test_signing_in_needs_no_room(browser: Browser, cast: Cast, database_url: str) -> None:
    things(cast)
    browser.get("/sign-in")
    with no_room(database_url):
        answer = browser.post("/sign-in", {"email": "alice@example.org", "password": PASSWORD})
        assert browser.follow(answer).h1 == "Manage Organisation"


def test_a_list_for_which_sqlite_finds_no_page_leaves_no_draft_behind(sign_in: SignIn, cast: Cast, app: Flask) -> None:
    """SQLITE_FULL itself, in the middle of a list: the pages that the database may have are used up."""
    alice = sign_in(cast.alice)
    alice.get("/batches/new")
    before = everything()
    db.engine.dispose()  # so that every connection is a new one, which takes no more pages
    event.listen(db.engine, "connect", no_more_pages)

    page = alice.post("/batches/new", a_file("\n".join([HEADINGS, *[CAT] * 3_000]).encode()), status=507)

    assert page.h1 == FULL
    assert everything() == before
    assert "No batch message has been sent" in alice.get("/batches").words


def no_more_pages(connection: Any, _record: object) -> None:
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count={pages + 20}")


def test_an_upload_without_room_for_it_says_the_same(app: Flask) -> None:
    """A large one is kept in a file of its own while it arrives."""
    with app.test_request_context("/batches/new"):
        assert errors._fault(OSError(errno.ENOSPC, "No space left on device"))[1] == 507  # type: ignore[index]
        assert errors._fault(OSError(errno.ENOENT, "No such file"))[1] == 500  # type: ignore[index]


def test_without_postgresql_every_post_says_so_and_all_is_well_when_it_is_back(settings: Settings) -> None:
    with postgres() as server, database(server) as url:
        control = PostgresControl(server)
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
        app = create_app(replace(settings, database_url=url))
        with app.app_context():
            db.create_all()
            there = things(make_cast())
            alice, stranger = Browser(app), Browser(app)
            stranger.get("/sign-in")
            alice.post("/sign-in", {"email": "alice@example.org", "password": PASSWORD})
            alice.get("/")
            before = everything()
            db.session.rollback()

            control.stop()
            try:
                answers = [posted(alice, deed, there, 503) for deed in POSTS]
                answers.append(alice.get("/", status=503))
                answers.append(stranger.post("/sign-in", {"email": "alice@example.org", "password": "x"}, status=503))
                alice.get("/health")
            finally:
                control.start()
            assert {page.h1 for page in answers} == {AWAY}
            assert all(int(page.headers["Retry-After"]) > 0 for page in answers)

            wait_until(lambda: "true" in alice._ask("GET", "/ready", 503, False, {}).response.text, 20, "PostgreSQL")
            assert everything() == before
            posted(alice, "a message", there)
            db.session.remove()
            db.engine.dispose()
