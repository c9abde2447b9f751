"""Manage Organisation: what needs a person is said, and nothing else; settings; health."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from messaging.config import Settings
from messaging.db import db, transaction, utcnow
from messaging.models import AuditEntry, BatchStatus, EvidenceKind, Heartbeat, MessageStatus, User, WhenInDoubt
from tests.cast import Cast
from tests.servers import valkey
from tests.webapp.browser import Browser
from tests.webapp.failed_batch import ADA, CAT, a_batch, hears, patient_of

SignIn = Callable[[User], Browser]


@pytest.fixture
def with_queue(settings: Settings) -> Iterator[Settings]:
    with valkey() as redis_url:
        yield replace(settings, redis_url=redis_url)


def test_a_queue_that_is_away_is_said_and_breaks_nothing(sign_in: SignIn, cast: Cast) -> None:
    assert "The queue (Redis) does not answer." in sign_in(cast.nina).get("/").words


def test_a_held_batch_leads_to_it(sign_in: SignIn, cast: Cast) -> None:
    batch = a_batch(cast.riverside, cast.bob, CAT)
    with transaction():
        batch.status, batch.held_at, batch.held_because = BatchStatus.SENDING, utcnow(), "554 5.7.1 no"
    page = sign_in(cast.bob).get("/")
    assert "“Flu invitations” is held." in page.words
    assert page.link("Look at this batch") == f"/batches/{batch.id}"
    assert "held" not in sign_in(cast.charlie).get("/").words


def test_refusals_of_our_mail_are_told_while_they_are_new(sign_in: SignIn, cast: Cast) -> None:
    batch = a_batch(cast.riverside, cast.bob, ADA, CAT)
    hears(patient_of(batch, "Ada"), EvidenceKind.FAILED, reason="our_mail_refused", received_at=utcnow())
    old = utcnow() - timedelta(days=3)
    hears(patient_of(batch, "Cat"), EvidenceKind.FAILED, reason="our_mail_refused", received_at=old)
    hears(patient_of(batch, "Cat"), EvidenceKind.DELAYED, reason="our_mail_refused", received_at=utcnow())
    hears(
        patient_of(batch, "Ada"),
        EvidenceKind.FAILED,
        reason="our_mail_refused",
        received_at=utcnow(),
        diagnostic="5.7.1",
    )
    page = sign_in(cast.alice).get("/")
    assert "Email providers refused 1 message of yours" in page.words
    assert page.link("See mail health") == "/mail-health"
    assert "See mail health" not in sign_in(cast.bob).get("/").words
    assert "refused" not in sign_in(cast.charlie).get("/").words


def test_what_is_being_sent_stands_on_its_card(sign_in: SignIn, cast: Cast) -> None:
    batch = a_batch(cast.riverside, cast.bob, ADA, CAT, replace(CAT, status=MessageStatus.QUEUED))
    with transaction():
        batch.status = BatchStatus.SENDING
    assert "Flu invitations: sending, 2 of 3" in sign_in(cast.nina).get("/").words


def test_settings_are_saved_and_what_changed_is_written_down(sign_in: SignIn, cast: Cast) -> None:
    browser = sign_in(cast.alice)
    data = {
        "name": "Riverside Health Centre",
        "from_address": "riverside@example.org",
        "reply_to": "desk@EXAMPLE.org",
        "when_in_doubt": "ask",
    }
    assert "The settings are saved." in browser.follow(browser.post("/settings", data)).words
    assert cast.riverside.name == "Riverside Health Centre"
    assert cast.riverside.reply_to == "desk@example.org"
    assert cast.riverside.when_in_doubt is WhenInDoubt.ASK
    assert db.session.query(AuditEntry).one().detail == {"changed": ["name", "reply_to", "when_in_doubt"]}
    assert "Nothing was changed." in browser.follow(browser.post("/settings", data)).words


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("name", "", "Enter the name of the practice"),
        ("name", "   ", "Enter the name of the practice"),
        ("name", "One\nBcc: two@example.org", "The name must be one line of text"),
        ("from_address", "not an address", "Enter an email address in the right form"),
        ("reply_to", "a@example.org, b@example.org", "Enter an email address in the right form"),
        ("when_in_doubt", "maybe", "Not a valid choice"),
    ],
)
def test_a_setting_that_cannot_be_is_named(sign_in: SignIn, cast: Cast, field: str, value: str, error: str) -> None:
    data = {"name": "R", "from_address": "r@example.org", "reply_to": "", "when_in_doubt": "send", field: value}
    page = sign_in(cast.alice).post("/settings", data, status=422)
    assert page.errors[0].startswith(error)
    assert cast.riverside.name == "Riverside Surgery"


def test_health_needs_nothing(browser: Browser) -> None:
    assert browser.get("/health").response.json == {"status": "ok"}


def test_ready_names_what_is_missing(browser: Browser) -> None:
    assert browser.get("/ready", status=503).response.json == {
        "status": "not ready",
        "database": True,
        "queue": False,
        "sweep": False,
        "last_sweep_seconds_ago": None,
    }


class TestWithAQueue:
    @pytest.fixture
    def settings(self, with_queue: Settings) -> Settings:
        return with_queue

    def test_no_worker_is_said(self, sign_in: SignIn, cast: Cast) -> None:
        assert "No worker is running" in sign_in(cast.nina).get("/").words

    def test_it_is_ready_when_the_sweep_ran_lately(self, browser: Browser) -> None:
        with transaction():
            db.session.add(Heartbeat(name="sweep", at=utcnow() - timedelta(seconds=30)))
        page = browser.get("/ready")
        assert page.response.json["status"] == "ready"
        assert 30 <= page.response.json["last_sweep_seconds_ago"] < 60
        with transaction():
            db.session.get(Heartbeat, "sweep").at = utcnow() - timedelta(minutes=6)
        browser.get("/ready", status=503)
