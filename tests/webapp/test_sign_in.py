"""Signing in and out, and what stands in the way of those who may not."""

from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask
from flask_security.utils import hash_password

from messaging.db import transaction
from messaging.models import User
from tests.cast import Cast
from tests.webapp.browser import Browser, Page

SignIn = Callable[[User], Browser]
WORDS = "three random words"
WRONG = "The email address or the password is not right. Check both and try again."


@pytest.fixture
def alice(cast: Cast, app: Flask) -> User:
    """With a password that is really hashed."""
    with transaction():
        cast.alice.password = hash_password(WORDS)
    return cast.alice


def try_to_sign_in(browser: Browser, email: str, password: str, status: int, **more: str) -> Page:
    return browser.post("/sign-in", {"email": email, "password": password, **more}, status=status)


def test_it_leads_back_to_where_one_was(browser: Browser, alice: User) -> None:
    sent_away = browser.get("/people", status=302)
    page = browser.follow(sent_away)
    following = page.soup.select_one("input[name=next]")["value"]
    answer = try_to_sign_in(browser, "alice@example.org", WORDS, 302, next=following)
    assert answer.headers["Location"] == "/people"
    assert browser.follow(answer).h1 == "People"


def test_the_address_may_be_written_in_capitals(browser: Browser, alice: User) -> None:
    assert browser.follow(try_to_sign_in(browser, " Alice@Example.org ", WORDS, 302)).h1 == "Manage Organisation"


def test_it_never_leads_to_another_site(browser: Browser, alice: User) -> None:
    for elsewhere in ("https://example.org/", "//example.org", "\\\\example.org"):
        answer = try_to_sign_in(Browser(browser.app), "alice@example.org", WORDS, 302, next=elsewhere)
        assert urlsplit(urljoin("http://localhost/sign-in", answer.headers["Location"])).netloc == "localhost"


def test_it_says_the_same_of_a_wrong_password_and_of_a_stranger(browser: Browser, alice: User) -> None:
    wrong = try_to_sign_in(browser, "alice@example.org", "another password", 200)
    stranger = try_to_sign_in(browser, "nobody@example.org", "another password", 200)
    assert wrong.errors == stranger.errors == [WRONG]
    assert wrong.soup.select_one("#email")["value"] == "alice@example.org"
    assert "another password" not in wrong.text


def test_it_says_what_is_missing(browser: Browser, alice: User) -> None:
    assert try_to_sign_in(browser, "", "", 200).errors == ["Enter your email address", "Enter your password"]


def test_whoever_was_deactivated_is_a_stranger(browser: Browser, alice: User, sign_in: SignIn, cast: Cast) -> None:
    open_page = sign_in(cast.alice)
    with transaction():
        alice.active = False
    assert try_to_sign_in(browser, "alice@example.org", WORDS, 200).errors == [WRONG]
    open_page.get("/", status=302)


def test_signing_out_takes_a_form_with_its_token(sign_in: SignIn, cast: Cast) -> None:
    browser = sign_in(cast.alice)
    browser.get("/sign-out", status=405)
    browser.get("/")
    answer = browser.post("/sign-out")
    assert answer.headers["Location"] == "/sign-in"
    browser.get("/", status=302)


def test_the_fifty_first_wrong_try_is_told_to_wait(browser: Browser, cast: Cast) -> None:
    """The queue is away in this test, so it also shows that counting goes on without it."""
    for _ in range(50):
        try_to_sign_in(browser, "", "", 200)
    page = try_to_sign_in(browser, "alice@example.org", WORDS, 429)
    assert page.h1 == "Too many tries"
    assert 0 < int(page.headers["Retry-After"]) <= 15 * 60


def test_a_part_of_a_page_sends_the_whole_page_to_sign_in(browser: Browser) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://localhost/batches/7?page=2"}
    page = browser.get("/people", status=401, headers=headers)
    assert page.headers["HX-Redirect"] == "/sign-in?next=/batches/7?page%3D2"
    assert page.text == ""


def test_a_form_of_somebody_signed_out_leads_back_to_its_page(browser: Browser) -> None:
    page = browser.post("/settings", headers={"Referer": "http://localhost/settings"})
    assert page.headers["Location"] == "/sign-in?next=/settings"


def test_a_session_ends_after_twelve_hours_however_busy(sign_in: SignIn, cast: Cast) -> None:
    browser = sign_in(cast.alice)
    with browser.client.session_transaction() as session:
        session["signed_in_at"] = 1_700_000_000
    browser.get("/", status=302)
