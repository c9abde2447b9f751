"""A real browser for journeys: Debian's Chromium under Playwright, and axe on every page that it stops at."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.journeys.stack import MANAGER, PASSWORD, ROOT
from tests.servers import wait_until

AXE = ROOT / "var" / "axe" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# The file upload of nhsuk-frontend names its button otherwise than it reads: a fault of theirs.
UPSTREAM = {"label-content-name-mismatch"}
WIDTHS = (1280, 375)
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("Chromium is missing: install Debian’s chromium.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


class Visitor:
    """A person at a page. Whatever the console or the policy complains of, or asks elsewhere for, fails the journey."""

    def __init__(self, browser: Browser, base_url: str, pictures: Path | None, *, javascript: bool = True) -> None:
        """Without a folder for `pictures` it does not stop to look."""
        self.base_url = base_url
        self.pictures = pictures
        self.context = browser.new_context(java_script_enabled=javascript, accept_downloads=True)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(60_000)
        self.complaints: list[str] = []
        self.page.on("console", lambda said: self._complain(said.type, said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self._stay_here(request.url))

    def sign_in(self) -> None:
        self.page.goto(self.base_url)
        self.page.get_by_label("Email").fill(MANAGER)
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_selector("h1:has-text('Manage Organisation')")

    def look(self, name: str) -> None:
        """A picture at each width, and no barrier that axe can find; nothing scrolls sideways."""
        if self.pictures is None:
            return
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": 900})
            # The header's navigation folds itself up a moment after the width has changed.
            wait_until(lambda: self.page.evaluate(TOO_WIDE) <= 0, what=f"{name} fits {width} px: that")
            self.page.screenshot(path=self.pictures / f"{name}-{width}.png", full_page=True, caret="initial")
            self.page.evaluate(AXE.read_text())
            found = self.page.evaluate(f"axe.run(document, {{runOnly: {RULES}}})")
            barriers = [
                f"{rule['id']}: {rule['nodes'][0]['html'][:200]}"
                for rule in found["violations"]
                if rule["id"] not in UPSTREAM
            ]
            assert not barriers, f"{name} at {width}: {barriers}"
            assert found["passes"], "axe looked at nothing"
        self.page.set_viewport_size({"width": WIDTHS[0], "height": 900})

    def _complain(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)

    def _stay_here(self, url: str) -> None:
        if not url.startswith((self.base_url, "data:", "blob:")):
            self.complaints.append(f"asked elsewhere: {url}")
