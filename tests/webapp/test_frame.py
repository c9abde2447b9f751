"""The frame around every page: who is signed in, what is said in rehearsal, headers, errors with a way on."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from markupsafe import Markup

from messaging.config import Settings, SmartHost
from messaging.db import db
from messaging.models import User
from tests.cast import Cast
from tests.webapp.browser import HOSTILE, Browser
from webapp import create_app

SignIn = Callable[[User], Browser]


def test_it_names_the_practice_and_the_person(sign_in: SignIn, cast: Cast) -> None:
    page = sign_in(cast.alice).get("/")
    assert page.h1 == "Manage Organisation"
    header = page.soup.select_one("header").get_text(" ", strip=True)
    assert "Riverside Surgery" in header
    assert "Alice" in header


def test_it_offers_sending_only_to_those_who_may(sign_in: SignIn, cast: Cast) -> None:
    assert "Send a batch message" in sign_in(cast.bob).get("/").words
    assert "Send a batch message" not in sign_in(cast.nina).get("/").words


def test_a_rehearsal_says_so_on_every_page(sign_in: SignIn, cast: Cast, browser: Browser) -> None:
    for page in (sign_in(cast.alice).get("/"), browser.get("/sign-in"), browser.get("/nowhere", status=404)):
        assert "Rehearsal: nothing leaves this computer." in page.words
        assert page.link("Open the pretend inbox") == "http://127.0.0.1:8025"


def test_it_says_nothing_of_a_rehearsal_when_mail_leaves(settings: Settings) -> None:
    app = create_app(replace(settings, smart_host=SmartHost("mail.example.org", 587)))
    assert "Rehearsal" not in app.test_client().get("/sign-in").text
    with app.app_context():
        db.engine.dispose()


def test_every_page_forbids_scripts_and_styles_of_strangers(browser: Browser) -> None:
    policy = browser.get("/sign-in").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert "script-src 'self' 'nonce-" in policy


def test_pages_stay_out_of_caches_and_files_stay_in(sign_in: SignIn, cast: Cast) -> None:
    browser = sign_in(cast.alice)
    with browser.client.session_transaction() as session:
        session.permanent = True
    page = browser.get("/")
    assert page.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" in page.headers
    style = [str(link["href"]) for link in page.soup.select("link[rel=stylesheet]")][-1]
    assert "?v=" in style
    with browser.client.get(style) as response:
        assert response.headers["Cache-Control"] == "max-age=31536000, public"
        assert "Set-Cookie" not in response.headers
        assert "Cookie" not in response.headers.get("Vary", "")


def test_over_tls_cookies_and_headers_say_so(settings: Settings) -> None:
    app = create_app(replace(settings, base_url="https://postround.example.org"))
    client = app.test_client()
    plain = client.get("/sign-in")
    assert plain.status_code == 302
    assert plain.headers["Location"].startswith("https://")
    behind_proxy = client.get("/sign-in", headers={"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"})
    assert behind_proxy.status_code == 200
    assert "max-age" in behind_proxy.headers["Strict-Transport-Security"]
    cookie = behind_proxy.headers["Set-Cookie"]
    assert "Secure" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert client.get("/health").status_code == 200
    with app.app_context():
        db.engine.dispose()


def test_mistakes_in_the_settings_stop_the_start_with_sentences(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("SECRET_KEY", "SECRET_KEY_FILE", "RETURN_PATH_KEYS", "RETURN_PATH_KEYS_FILE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SystemExit, match="3"):
        create_app()
    assert capsys.readouterr().err.startswith("SECRET_KEY is not set: set it,")


@pytest.mark.parametrize("code", [400, 403, 404, 413, 429, 500])
def test_every_error_has_a_page_with_a_way_on(app: Flask, cast: Cast, sign_in: SignIn, code: int) -> None:
    from webapp import errors  # the handler is given the error as Flask would

    page = sign_in(cast.alice)
    with app.test_request_context("/"):
        from werkzeug.exceptions import default_exceptions

        body = errors._page(default_exceptions[code]())
    assert body[1] == code
    assert "href=" in body[0].split("<main")[1]
    assert page.get("/nowhere", status=404).link("Go to Manage Organisation") == "/"


def test_a_fault_shows_and_logs_no_data(
    app: Flask, sign_in: SignIn, cast: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(*_: object) -> None:
        raise ValueError("943 476 5919 ada@example.org")

    monkeypatch.setattr("webapp.organisation.attention.of", break_down)
    page = sign_in(cast.alice).get("/", status=500)
    assert page.h1 == "Sorry, something went wrong"
    for secret in ("943", "ada@example.org"):
        assert secret not in page.text
        assert secret not in caplog.text
    assert "ValueError" in caplog.text


def test_a_database_that_is_away_is_a_page_and_no_second_fault(sign_in: SignIn, cast: Cast) -> None:
    browser = sign_in(cast.alice)
    db.drop_all()
    page = browser.get("/", status=500)
    assert page.h1 == "Sorry, something went wrong"
    assert page.link("Go to Manage Organisation") == "/"
    assert browser.get("/ready", status=503).response.json["database"] is False
    assert browser.get("/health").status == 200


def test_a_form_without_its_token_changes_nothing_and_says_what_to_do(sign_in: SignIn, cast: Cast) -> None:
    browser = sign_in(cast.alice)
    page = browser.post("/settings", {"csrf_token": "forged", "name": "Other"}, status=400)
    assert page.h1 == "Please try that again"
    assert cast.riverside.name == "Riverside Surgery"


def test_nul_is_refused_before_it_reaches_the_database(sign_in: SignIn, cast: Cast) -> None:
    assert sign_in(cast.alice).get("/settings?q=%00", status=400).h1 == "That did not work"


def test_an_upload_that_is_too_big_hears_why(sign_in: SignIn, cast: Cast, tmp_path: Path) -> None:
    browser = sign_in(cast.alice)
    page = browser.post("/settings", {"name": "x" * (22 * 1024 * 1024)}, status=413)
    assert page.h1 == "The file is too big"


def test_a_practice_with_a_hostile_name_is_only_text(sign_in: SignIn, cast: Cast) -> None:
    from messaging.db import transaction

    with transaction():
        cast.riverside.name = HOSTILE
        cast.alice.name = HOSTILE
    browser = sign_in(cast.alice)
    for address in ("/", "/people", "/settings", "/password", f"/people/{cast.alice.id}"):
        assert str(Markup.escape(HOSTILE)) in browser.get(address).text
    data = {"name": HOSTILE, "email": "dora@example.org", "role": "sender"}
    for page in (
        browser.post("/people/new", {"name": HOSTILE}, status=422),
        browser.post("/people/new", data, status=200),
    ):
        assert str(Markup.escape(HOSTILE)) in page.text.split("<main")[1]
    with transaction():
        cast.riverside.has_batch_messaging = False
    assert str(Markup.escape(HOSTILE)) in browser.get("/batches", status=403).text.split("<main")[1]
