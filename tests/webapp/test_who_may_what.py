"""Every route and every person: what each is answered. A route that is missing from the table fails the test."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask

from messaging import batches
from messaging.db import transaction
from messaging.models import EvidenceKind, User
from tests.cast import Cast
from tests.messaging.batch_drafts import a_draft
from tests.webapp.browser import Browser
from tests.webapp.failed_batch import ADA, CAT, a_batch, hears, patient_of
from webapp.permissions import OPEN

SignIn = Callable[[User], Browser]
SIGN_IN = 302  # to the sign-in page
PEOPLE = ("anonymous", "charlie", "nina", "bob", "alice")  # the least powerful first: who is refused changes nothing


@dataclass(frozen=True)
class Row:
    """`expected` in the order of PEOPLE. Charlie is at Hilltop; everything in the addresses is Riverside's."""

    endpoint: str
    method: str
    address: str
    expected: tuple[int, int, int, int, int]
    data: dict[str, Any] = field(default_factory=dict)
    part: bool = False  # asked for by htmx, to be swapped into a page

    def __str__(self) -> str:
        return f"{self.method} {self.endpoint}"


PREVIEW = "/batches/{draft}/message/preview"
KEEP, LEAVE = {"decision": "keep"}, {"decision": "leave"}

# fmt: off
TABLE = (
    #                                                            anonymous charlie nina  bob  alice
    Row("security.login", "GET", "/sign-in",                         (200,     302, 302, 302, 302)),
    Row("security.login", "POST", "/sign-in",                        (200,     302, 302, 302, 302), {"email": "x"}),
    Row("security.logout", "POST", "/sign-out",                      (302,     302, 302, 302, 302)),
    Row("health.health", "GET", "/health",                           (200,     200, 200, 200, 200)),
    Row("health.ready", "GET", "/ready",                             (503,     503, 503, 503, 503)),
    Row("organisation.help_page", "GET", "/help",                    (200,     200, 200, 200, 200)),
    Row("organisation.accessibility", "GET", "/accessibility",       (200,     200, 200, 200, 200)),
    Row("organisation.home", "GET", "/",                             (SIGN_IN, 200, 200, 200, 200)),
    Row("organisation.settings", "GET", "/settings",                 (SIGN_IN, 200, 403, 403, 200)),
    Row("organisation.settings", "POST", "/settings",                (SIGN_IN, 422, 403, 403, 422), {"name": ""}),
    Row("accounts.change_password", "GET", "/password",              (SIGN_IN, 200, 200, 200, 200)),
    Row("accounts.change_password", "POST", "/password",             (SIGN_IN, 422, 422, 422, 422)),
    Row("accounts.people", "GET", "/people",                         (SIGN_IN, 200, 403, 403, 200)),
    Row("accounts.add_person", "GET", "/people/new",                 (SIGN_IN, 200, 403, 403, 200)),
    Row("accounts.add_person", "POST", "/people/new",                (SIGN_IN, 422, 403, 403, 422)),
    Row("accounts.person", "GET", "/people/{nina}",                  (SIGN_IN, 404, 403, 403, 200)),
    Row("accounts.person", "POST", "/people/{nina}",                 (SIGN_IN, 404, 403, 403, 302), {"role": "sender"}),
    Row("accounts.deactivate", "POST", "/people/{nina}/deactivation", (SIGN_IN, 404, 403, 403, 302)),
    Row("accounts.activate", "POST", "/people/{nina}/activation",    (SIGN_IN, 404, 403, 403, 302)),
    Row("accounts.new_password", "POST", "/people/{nina}/password",  (SIGN_IN, 404, 403, 403, 200)),
    Row("batches.index", "GET", "/batches",                          (SIGN_IN, 200, 200, 200, 200)),
    Row("batches.row", "GET", "/batches/{batch}/row",                (SIGN_IN, 404, 200, 200, 200), part=True),
    Row("batches.new", "GET", "/batches/new",                        (SIGN_IN, 200, 403, 200, 200)),
    Row("batches.new", "POST", "/batches/new",                       (SIGN_IN, 422, 403, 422, 422)),
    Row("batches.template", "GET", "/batches/template.csv",          (SIGN_IN, 200, 200, 200, 200)),
    Row("batches.resume", "GET", "/batches/{draft}/continue",        (SIGN_IN, 404, 403, 302, 302)),
    Row("batches.patients", "GET", "/batches/{draft}/patients",      (SIGN_IN, 404, 403, 200, 200)),
    Row("batches.patients", "POST", "/batches/{draft}/patients",     (SIGN_IN, 404, 403, 422, 422)),
    Row("batches.review", "GET", "/batches/{draft}/review",          (SIGN_IN, 404, 200, 200, 200)),
    Row("batches.review", "POST", "/batches/{draft}/review",         (SIGN_IN, 404, 200, 200, 200), {"words": "a"}),
    Row("batches.accepted", "POST", "/batches/{draft}/review/accepted", (SIGN_IN, 404, 200, 200, 200), part=True),
    Row("batches.not_accepted", "GET", "/batches/{draft}/review/not-accepted.csv", (SIGN_IN, 404, 200, 200, 200)),
    Row("batches.decide", "POST", "/batches/{draft}/review/concerns/duplicate", (SIGN_IN, 404, 403, 302, 302), KEEP),
    Row("batches.message", "GET", "/batches/{draft}/message",        (SIGN_IN, 404, 403, 200, 200)),
    Row("batches.message", "POST", "/batches/{draft}/message",       (SIGN_IN, 404, 403, 422, 422)),
    Row("batches.preview", "GET", PREVIEW + "?patient={drafted}", (SIGN_IN, 404, 200, 200, 200)),
    Row("batches.keep_and_preview", "POST", PREVIEW,                 (SIGN_IN, 404, 403, 200, 200), part=True),
    Row("batches.test", "POST", "/batches/{draft}/test",             (SIGN_IN, 404, 403, 422, 422)),
    Row("batches.check", "GET", "/batches/{draft}/check",            (SIGN_IN, 404, 200, 200, 200)),
    Row("batches.approve", "POST", "/batches/{draft}/approval",      (SIGN_IN, 404, 403, 422, 422)),
    Row("batches.ask_to_delete", "GET", "/batches/{draft}/deletion", (SIGN_IN, 404, 403, 200, 200)),
    Row("batches.delete", "POST", "/batches/{draft}/deletion",       (SIGN_IN, 404, 403, 302, 404)),  # by bob already
    Row("batches.details", "GET", "/batches/{batch}",                (SIGN_IN, 404, 200, 200, 200)),
    Row("batches.live", "GET", "/batches/{batch}/live",              (SIGN_IN, 404, 200, 200, 200), part=True),
    Row("batches.outcomes", "GET", "/batches/{batch}/outcomes/handed-over", (SIGN_IN, 404, 200, 200, 200)),
    Row("batches.outcomes", "POST", "/batches/{batch}/outcomes/handed-over", (SIGN_IN, 404, 200, 200, 200)),
    Row("batches.stop", "GET", "/batches/{batch}/stopping",          (SIGN_IN, 404, 403, 302, 302)),
    Row("batches.stop", "POST", "/batches/{batch}/stopping",         (SIGN_IN, 404, 403, 302, 302)),
    Row("batches.release", "POST", "/batches/{batch}/release",       (SIGN_IN, 404, 403, 302, 302)),
    Row("batches.not_certain", "GET", "/batches/{batch}/doubts",     (SIGN_IN, 404, 200, 200, 200)),
    Row("batches.not_certain", "POST", "/batches/{batch}/doubts",    (SIGN_IN, 404, 403, 302, 302), LEAVE),
    Row("recipients.failed", "GET", "/batches/{batch}/failed",       (SIGN_IN, 404, 200, 200, 200)),
    Row("recipients.failed", "POST", "/batches/{batch}/failed",      (SIGN_IN, 404, 200, 200, 200), {"words": "a"}),
    Row("recipients.dealt_with", "POST", "/batches/{batch}/failed/dealt-with", (SIGN_IN, 404, 403, 422, 422)),
    Row("recipients.failed_csv", "GET", "/batches/{batch}/failed.csv", (SIGN_IN, 404, 200, 200, 200)),
    Row("recipients.failed_csv", "POST", "/batches/{batch}/failed.csv", (SIGN_IN, 404, 200, 200, 200)),
    Row("recipients.calls_csv", "GET", "/batches/{batch}/failed/calls.csv", (SIGN_IN, 404, 200, 200, 200)),
    Row("recipients.calls_csv", "POST", "/batches/{batch}/failed/calls.csv", (SIGN_IN, 404, 200, 200, 200)),
    Row("recipients.timeline", "GET", "/batches/{batch}/patients/{patient}", (SIGN_IN, 404, 200, 200, 200)),
    Row("mail.health", "GET", "/mail-health",                        (SIGN_IN, 200, 403, 403, 200)),
    Row("mail.reports", "GET", "/reports-not-understood",            (SIGN_IN, 200, 403, 403, 200)),
    Row("mail.report", "GET", "/reports-not-understood/{receipt}",   (SIGN_IN, 404, 403, 403, 200)),
)
# fmt: on


@pytest.fixture
def things(cast: Cast) -> dict[str, int]:
    """What the addresses name, all of it Riverside's."""
    batch = a_batch(cast.riverside, cast.bob, ADA, CAT)
    receipt = hears(patient_of(batch, "Cat"), EvidenceKind.OTHER, understood=False, text="?")
    draft = a_draft(cast, subject="")
    drafted = batches.one_patient(draft)
    assert drafted is not None
    return {
        "draft": draft.id,
        "drafted": drafted.id,
        "batch": batch.id,
        "patient": patient_of(batch, "Ada").id,
        "receipt": receipt.id,
        "nina": cast.nina.id,
    }


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_each_person_is_answered_as_the_table_says(
    row: Row, cast: Cast, things: dict[str, int], browser: Browser, sign_in: SignIn
) -> None:
    address = row.address.format(**things)
    for person, expected in zip(PEOPLE, row.expected, strict=True):
        who = browser if person == "anonymous" else sign_in(getattr(cast, person))
        part = row.part and person != "anonymous"
        page = (
            who.get(address, status=expected, part=part)
            if row.method == "GET"
            else who.post(address, row.data, status=expected, part=part)
        )
        if person == "anonymous" and expected == SIGN_IN:
            assert page.headers["Location"].startswith("/sign-in")


def test_a_password_that_somebody_has_seen_opens_nothing_but_the_page_to_choose_another(
    cast: Cast, things: dict[str, int], sign_in: SignIn
) -> None:
    with transaction():
        cast.alice.must_choose_password = True
    alice = sign_in(cast.alice)
    for row in TABLE:
        if row.endpoint in OPEN or row.endpoint == "accounts.change_password":
            continue
        address = row.address.format(**things)
        page = alice.get(address, status=302) if row.method == "GET" else alice.post(address, row.data, status=302)
        assert page.headers["Location"] == "/password", str(row)
    assert alice.get("/password").h1 == "Choose your own password"
    alice.post("/sign-out")


def test_no_route_is_missing_from_the_table(app: Flask) -> None:
    there = {
        (rule.endpoint, method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.endpoint != "static"
    }
    assert there == {(row.endpoint, row.method) for row in TABLE}


def test_a_practice_without_batch_messaging_sees_how_to_get_it(
    cast: Cast, things: dict[str, int], sign_in: SignIn
) -> None:
    from messaging.accounts import set_batch_messaging

    set_batch_messaging(cast.riverside, False, by="a test")
    browser = sign_in(cast.alice)
    for row in TABLE:
        if row.endpoint.startswith(("batches.", "recipients.")) and row.method == "GET":
            page = browser.get(row.address.format(**things), status=403)
            assert page.h1 == "Batch messaging is a paid feature"
            assert "Y12345" in page.words
    assert browser.get("/").h1 == "Manage Organisation"
