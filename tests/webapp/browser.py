"""A browser that checks every page it is given, and fills in forms as a person would."""

import re
from typing import Any

from bs4 import BeautifulSoup, Tag
from flask import Flask
from werkzeug.test import TestResponse

from messaging.db import db

HOSTILE = "<img src=x onerror=alert(1)>"


class Page:
    """What was answered."""

    def __init__(self, response: TestResponse) -> None:
        self.response = response
        self.status = response.status_code
        self.headers = response.headers
        self.text = response.text if response.mimetype.startswith("text/") else ""
        self.soup = BeautifulSoup(self.text, "html.parser")
        for place in self.soup.find_all("wbr"):  # where an address may break: nothing to read
            place.decompose()
        self.soup.smooth()

    @property
    def words(self) -> str:
        """As it is read: without markup, one space between words."""
        return re.sub(r"\s+", " ", self.soup.get_text(" ")).strip()

    @property
    def h1(self) -> str:
        heading = self.soup.find("h1")
        return heading.get_text(" ", strip=True) if heading else ""

    @property
    def errors(self) -> list[str]:
        """The sentences of the error summary."""
        return [item.get_text(" ", strip=True) for item in self.soup.select(".nhsuk-error-summary__list li")]

    @property
    def token(self) -> str:
        field = self.soup.select_one("input[name=csrf_token]")
        assert field, "this page has no form"
        return str(field["value"])

    def link(self, words: str) -> str:
        """The address behind the link that reads so."""
        for anchor in self.soup.find_all("a"):
            if re.sub(r"\s+", " ", anchor.get_text(" ")).strip() == words:
                return str(anchor["href"])
        raise AssertionError(f"no link reads “{words}”")


class Browser:
    """Each request has an application context of its own, as in life; afterwards the test sees what was committed."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client = app.test_client()
        self._token = ""

    def get(self, address: str, *, status: int = 200, part: bool = False, **options: Any) -> Page:
        return self._ask("GET", address, status, part, options)

    def post(
        self, address: str, data: dict[str, Any] | None = None, *, status: int = 302, part: bool = False, **options: Any
    ) -> Page:
        """With the token of the last page that had one, unless the data name another."""
        for page_with_a_form in ("/help", "/sign-in"):  # of somebody signed in, and of a stranger
            if not self._token:
                self.get(page_with_a_form)
        data = {"csrf_token": self._token, **(data or {})}
        return self._ask("POST", address, status, part, {"data": data, **options})

    def follow(self, page: Page, *, status: int = 200) -> Page:
        return self.get(page.headers["Location"], status=status)

    def _ask(self, method: str, address: str, status: int, part: bool, options: dict[str, Any]) -> Page:
        if part:
            options.setdefault("headers", {})["HX-Request"] = "true"
        with self.app.app_context():
            page = Page(self.client.open(address, method=method, buffered=True, **options))
            db.session.remove()
        db.session.rollback()
        db.session.expire_all()
        assert page.status == status, f"{method} {address}: {page.status}, not {status}. {page.words[:400]}"
        if page.response.mimetype == "text/html" and page.status not in (204, 302, 303, 401):
            check(page, whole=not part)
            token = page.soup.select_one("input[name=csrf_token]")
            self._token = str(token["value"]) if token else self._token
        return page


def check(page: Page, *, whole: bool) -> None:
    """What holds for every page: title, one h1, no id twice, forms that post with their token, typographic quotes,
    no style or script of its own, nothing unescaped."""
    soup = page.soup
    if whole:
        assert len(soup.find_all("h1")) == 1, f"{len(soup.find_all('h1'))} h1"
        assert soup.title, "no title"
        assert soup.title.get_text().endswith("– Postround"), soup.title
        if page.errors:
            assert soup.title.get_text().startswith("Error: ")
    ids = [tag["id"] for tag in soup.find_all(id=True)]
    assert len(ids) == len(set(ids)), f"twice: {sorted({i for i in ids if ids.count(i) > 1})}"
    for label in soup.find_all("label"):
        assert label.get("for") in ids, f"a label for nothing: {label}"
    for reference in soup.select(".nhsuk-error-summary a"):
        assert str(reference["href"])[1:] in ids, f"the summary links to nothing: {reference['href']}"
    for form in soup.find_all("form"):
        _check_form(form)
    assert not soup.find_all(style=True), "the policy forbids style attributes"
    assert not [s for s in soup.find_all("script") if not s.get("src") and not s.get("nonce")]
    assert not re.search(r"<img[^>]*onerror", page.text), "unescaped text"
    _check_quotes(soup)


def _check_form(form: Tag) -> None:
    assert form.get("action"), f"a form without its action: {form}"
    if str(form.get("method", "get")).lower() == "post":
        assert form.select_one("input[name=csrf_token]"), f"a form without its token: {form['action']}"
    else:
        assert not form.select_one("input[name=csrf_token]"), "a token would end in the address"


def _check_quotes(soup: BeautifulSoup) -> None:
    """Straight quotes are for computers; what people wrote themselves is marked `data-as-written`."""
    copy = BeautifulSoup(str(soup), "html.parser")
    for tag in copy.select("script, style, textarea, pre, code, [data-as-written]"):
        tag.decompose()
    straight = [text.strip() for text in copy.find_all(string=re.compile("[\"']")) if HOSTILE not in text]
    assert not straight, f"straight quotes: {straight}"
