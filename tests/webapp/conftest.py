"""The pages under test: an application on an empty database, people who are signed in, a browser that checks."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from messaging.config import Settings
from messaging.db import db
from messaging.models import User
from tests.webapp.browser import Browser
from tests.webapp.undefined import NameMissing, strict_undefined
from webapp import create_app


@pytest.fixture
def base_app(settings: Settings) -> Iterator[Flask]:
    """In place of the shared one: the same database with the pages on it, so that `cast` lives here too."""
    app = create_app(settings)
    app.jinja_env.undefined = strict_undefined(missing := NameMissing())
    with app.app_context():
        db.create_all()
        yield app
        db.session.remove()
        db.engine.dispose()
    assert not missing.names, f"templates ask for what they were not given: {sorted(missing.names)}"


@pytest.fixture
def app(base_app: Flask) -> Flask:
    return base_app


@pytest.fixture
def browser(app: Flask) -> Browser:
    """Nobody is signed in."""
    return Browser(app)


@pytest.fixture
def sign_in(app: Flask) -> Callable[[User], Browser]:
    """`sign_in(cast.alice)` is a browser in which alice is signed in; each call has cookies of its own."""

    def as_person(user: User) -> Browser:
        browser = Browser(app)
        with browser.client.session_transaction() as session:
            session["_user_id"] = user.fs_uniquifier
            session["_fresh"] = True
        return browser

    return as_person
