"""People of a practice: added, changed, deactivated; and one's own password."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask_security.utils import hash_password, verify_password

from messaging import accounts
from messaging.db import db, transaction
from messaging.models import AuditEntry, Role, User
from tests.cast import Cast
from tests.webapp.browser import Browser

SignIn = Callable[[User], Browser]
WORDS = "three random words"


def person(email: str) -> User | None:
    return db.session.query(User).filter_by(email=email).one_or_none()


def test_a_new_person_gets_a_password_that_is_shown_once(sign_in: SignIn, cast: Cast, app: Flask) -> None:
    browser = sign_in(cast.alice)
    data = {"name": "Dora", "email": "Dora@Example.org", "role": "sender"}
    page = browser.post("/people/new", data, status=200)
    password = page.soup.select_one(".postround-password").get_text()
    assert re.fullmatch(r"[a-z2-9]{4}(-[a-z2-9]{4}){3}", password)
    dora = person("dora@example.org")
    assert dora
    assert (dora.role, dora.organisation_id) == (Role.SENDER, cast.riverside.id)
    assert password not in dora.password
    fresh = Browser(app)
    answer = fresh.post("/sign-in", {"email": "dora@example.org", "password": password})
    assert answer.status == 302
    assert fresh.get("/", status=302).headers["Location"] == "/password"
    assert password not in browser.get("/people").text


def test_whoever_got_a_password_chooses_their_own_before_anything_else(sign_in: SignIn, cast: Cast, app: Flask) -> None:
    page = sign_in(cast.alice).post(f"/people/{cast.bob.id}/password", status=200)
    given = page.soup.select_one(".postround-password").get_text()
    bob = Browser(app)
    answer = bob.post("/sign-in?next=/batches", {"email": "bob@example.org", "password": given})

    page = bob.follow(bob.get(answer.headers["Location"], status=302))
    assert page.h1 == "Choose your own password"
    assert "somebody else has seen it" in page.words
    assert not [link for link in page.soup.select("header a") if link["href"].startswith("/batches")]
    part = bob.get("/batches", status=401, part=True)
    assert part.headers["HX-Redirect"] == "/password"

    page = bob.post("/password", {"current": given, "new": given}, status=422)
    assert page.errors == ["Choose another password than the one that you have now."]
    page = bob.follow(bob.post("/password", {"current": given, "new": "quite another one"}))
    assert page.h1 == "Manage Organisation"
    assert bob.get("/batches").h1 == "View Batch Messages"
    assert bob.get("/password").h1 == "Change your password"


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({"email": "dora@example.org", "role": "sender"}, "Enter the person’s name"),
        ({"name": "Dora", "email": "dora", "role": "sender"}, "Enter an email address in the right form"),
        ({"name": "Dora", "email": "a@example.org\r\nBcc: b@example.org", "role": "sender"}, "Enter an email address"),
        ({"name": "Dora", "email": "BOB@example.org", "role": "sender"}, "Somebody signs in with that email address"),
        ({"name": "Dora", "email": "dora@example.org"}, "Select what they may do"),
        ({"name": "Dora", "email": "dora@example.org", "role": "king"}, "Not a valid choice"),
    ],
)
def test_a_mistake_is_named_and_what_was_typed_stays(
    sign_in: SignIn, cast: Cast, data: dict[str, str], error: str
) -> None:
    page = sign_in(cast.alice).post("/people/new", data, status=422)
    assert page.errors[0].startswith(error)
    assert page.soup.select_one("#name")["value"] == data.get("name", "")
    assert db.session.query(User).count() == 4


def test_a_role_can_be_changed_and_is_written_down(sign_in: SignIn, cast: Cast) -> None:
    browser = sign_in(cast.alice)
    answer = browser.post(f"/people/{cast.nina.id}", {"role": "sender"})
    assert "Nina is now a sender." in browser.follow(answer).words
    assert cast.nina.role is Role.SENDER
    entry = db.session.query(AuditEntry).one()
    assert (entry.actor, entry.action, entry.detail) == (f"user {cast.alice.id}", "role set", {"role": "sender"})


def test_the_last_manager_stays(sign_in: SignIn, cast: Cast) -> None:
    browser = sign_in(cast.alice)
    sentence = "A practice needs at least one manager who can sign in: make somebody else a manager first."
    assert browser.post(f"/people/{cast.alice.id}", {"role": "viewer"}, status=422).errors == [sentence]
    assert browser.post(f"/people/{cast.alice.id}/deactivation", status=422).errors == [sentence]
    assert cast.alice.role is Role.MANAGER
    assert cast.alice.active
    browser.post(f"/people/{cast.bob.id}", {"role": "manager"})
    browser.post(f"/people/{cast.alice.id}", {"role": "viewer"})
    browser.get("/people", status=403)


def test_a_deactivated_manager_does_not_count_as_one(sign_in: SignIn, cast: Cast) -> None:
    with transaction():
        cast.bob.role, cast.bob.active = Role.MANAGER, False
    with pytest.raises(accounts.Refused):
        accounts.set_role(cast.alice, Role.SENDER, by=cast.alice)


def test_whoever_is_deactivated_is_out_at_once_and_can_come_back(sign_in: SignIn, cast: Cast) -> None:
    bob, alice = sign_in(cast.bob), sign_in(cast.alice)
    bob.get("/")
    alice.post(f"/people/{cast.bob.id}/deactivation")
    bob.get("/", status=302)
    alice.post(f"/people/{cast.bob.id}/activation")
    bob.get("/", status=302)  # the old session stays ended
    sign_in(cast.bob).get("/")


def test_a_new_password_ends_the_old_sessions(sign_in: SignIn, cast: Cast) -> None:
    bob = sign_in(cast.bob)
    page = sign_in(cast.alice).post(f"/people/{cast.bob.id}/password", status=200)
    assert verify_password(page.soup.select_one(".postround-password").get_text(), cast.bob.password)
    bob.get("/", status=302)


def test_one_s_own_password_is_changed_with_the_old_one_at_hand(sign_in: SignIn, cast: Cast, app: Flask) -> None:
    with transaction():
        cast.nina.password = hash_password(WORDS)
    browser, elsewhere = sign_in(cast.nina), sign_in(cast.nina)
    page = browser.post("/password", {"current": "wrong", "new": "quite another one"}, status=422)
    assert page.errors == ["That is not the password that you have now."]
    page = browser.post("/password", {"current": WORDS, "new": "short"}, status=422)
    assert page.errors[0].startswith("Use at least 12 characters.")
    assert (
        "Your password is changed"
        in browser.follow(browser.post("/password", {"current": WORDS, "new": "quite another one"})).words
    )
    elsewhere.get("/", status=302)
    assert verify_password("quite another one", cast.nina.password)


@pytest.mark.parametrize("password", ["short", "x" * 129, "aaaaaaaaaaaaaaa", "PasswordPassword"])
def test_easy_passwords_are_refused(password: str) -> None:
    with pytest.raises(accounts.Refused):
        accounts.check_password(password)
