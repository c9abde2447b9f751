"""The administrator's commands."""

import pytest
from click.testing import Result
from flask import Flask
from flask_security.utils import verify_password

from messaging.accounts import find_person, find_practice
from messaging.db import db
from messaging.models import AuditEntry, Organisation, Role, User

pytestmark = pytest.mark.usefixtures("base_app")


def run(app: Flask, *words: str, stdin: str = "") -> Result:
    result = app.test_cli_runner().invoke(args=list(words), input=stdin)
    db.session.rollback()
    db.session.expire_all()
    return result


def make_practice(app: Flask, code: str = "Y12345") -> Result:
    return run(app, "create-practice", code, "Riverside Surgery", "--from-address", "riverside@example.org")


def test_it_makes_a_practice_and_its_first_manager(app: Flask) -> None:
    assert make_practice(app, "y12345").output.startswith("Made Riverside Surgery (Y12345).")
    result = run(app, "create-user", "Y12345", "alice@example.org", "--name", "Alice")
    password = result.output.split()[-1]
    alice = find_person("ALICE@example.org")
    assert alice.role is Role.MANAGER
    assert verify_password(password, alice.password)
    assert alice.must_choose_password
    assert [entry.actor for entry in db.session.query(AuditEntry)] == ["command line"] * 2


def test_a_password_can_come_from_standard_input(app: Flask) -> None:
    make_practice(app)
    words = ("create-user", "Y12345", "bob@example.org", "--role", "sender", "--password-stdin")
    refused = run(app, *words, stdin="short\n")
    assert refused.exit_code == 1
    assert "Use at least 12 characters" in refused.output
    result = run(app, *words, stdin="three random words\n")
    assert result.output == "bob@example.org can sign in.\n"
    bob = find_person("bob@example.org")
    assert verify_password("three random words", bob.password)
    assert not bob.must_choose_password, "nobody was shown it"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("create-practice", "Y12345", "Other", "--from-address", "a@example.org"), "There is a practice with"),
        (("create-practice", "!", "Other", "--from-address", "a@example.org"), "An ODS code is 3 to 12"),
        (("create-practice", "Y2222", "Other", "--from-address", "nobody"), "Enter an email address"),
        (("create-user", "Y9", "a@example.org"), "There is no practice with the ODS code Y9."),
        (("set-password", "a@example.org"), "Nobody signs in with that email address."),
        (("set-batch-messaging", "Y9", "off"), "There is no practice with the ODS code Y9."),
    ],
)
def test_a_mistake_ends_with_a_sentence(app: Flask, words: tuple[str, ...], sentence: str) -> None:
    make_practice(app)
    result = run(app, *words)
    assert result.exit_code == 1
    assert sentence in result.output
    assert "Traceback" not in result.output


def test_a_forgotten_password_can_be_replaced(app: Flask) -> None:
    make_practice(app)
    run(app, "create-user", "Y12345", "alice@example.org")
    before = find_person("alice@example.org").fs_uniquifier
    password = run(app, "set-password", "alice@example.org").output.split()[-1]
    alice = find_person("alice@example.org")
    assert verify_password(password, alice.password)
    assert alice.fs_uniquifier != before
    assert alice.must_choose_password


def test_batch_messaging_can_be_switched(app: Flask) -> None:
    make_practice(app)
    assert run(app, "set-batch-messaging", "Y12345", "off").exit_code == 0
    assert not find_practice("Y12345").has_batch_messaging
    run(app, "set-batch-messaging", "Y12345", "on")
    assert find_practice("Y12345").has_batch_messaging


def test_a_rehearsal_gets_its_practice_once_and_says_how_to_sign_in(app: Flask) -> None:
    words, password = ("rehearse-setup", "--password-stdin"), "three random words"
    first = run(app, *words, stdin=password)
    hashed = find_person("manager@surgery.example").password
    assert run(app, *words, stdin=password).output == first.output
    assert first.output == f"Sign in as manager@surgery.example with the password {password}\n"
    assert find_person("manager@surgery.example").password == hashed
    assert not find_person("manager@surgery.example").must_choose_password, "what is printed stays usable"
    run(app, *words, stdin="three other words")
    assert verify_password("three other words", find_person("manager@surgery.example").password)
    assert db.session.query(Organisation).count() == db.session.query(User).count() == 1
