"""What a person’s browser does to us, as cheaply as Python can: signs in, opens a page, asks again at its pace."""

import http.client
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from random import Random
from urllib.parse import urlencode, urlsplit

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
ASKS_AGAIN = re.compile(r'hx-get="([^"]+)" hx-trigger="every (\d+)s"')


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: str
    seconds: float  # until the last byte
    headers: Mapping[str, str]

    @property
    def asks_again(self) -> tuple[str, int] | None:
        """Where, and after how many seconds; None when the page has come to its end."""
        found = ASKS_AGAIN.search(self.body)
        return (unescape(found[1]), int(found[2])) if found else None

    def field(self, name: str) -> str:
        found = re.search(rf'name="{name}"[^>]*value="([^"]+)"', self.body)
        assert found, f"no {name} on the page"
        return unescape(found[1])


class Browser:
    """One person's, with one connection that stays open while the server leaves it."""

    def __init__(self, base_url: str) -> None:
        self._address = urlsplit(base_url).netloc
        self._connection = http.client.HTTPConnection(self._address, timeout=60)
        self.cookies: dict[str, str] = {}

    def sign_in(self, email: str, password: str) -> "Browser":
        token = self.get("/sign-in").field("csrf_token")
        answer = self.post("/sign-in", csrf_token=token, email=email, password=password)
        assert answer.status == 302, f"{answer.status} on signing in"
        return self

    def get(self, path: str, *, part: bool = False) -> Answer:
        return self._ask("GET", path, None, {"HX-Request": "true"} if part else {})

    def post(self, path: str, **form: str) -> Answer:
        return self._ask("POST", path, urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"})

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Answer:
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        began = time.perf_counter()
        try:
            answer = self._once(method, path, body, headers)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            self._connection.close()  # it was idle for too long, so the server hung up
            answer = self._once(method, path, body, headers)
        text = answer.read().decode()
        seconds = time.perf_counter() - began
        for name, cookie in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, value = cookie.partition(";")[0].partition("=")
                self.cookies[key] = value
        return Answer(answer.status, text, seconds, dict(answer.getheaders()))

    def _once(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> http.client.HTTPResponse:
        self._connection.request(method, path, body, headers)
        return self._connection.getresponse()


class Watchers:
    """People who open a page within its first two seconds and leave it open; use as a context manager."""

    def __init__(self, browsers: list[Browser], path: str) -> None:
        self.answers: list[Answer] = []
        self._path = path
        self._leave = threading.Event()
        self._threads = [
            threading.Thread(target=self._watch, args=(browser, Random(number).uniform(0, 2)))
            for number, browser in enumerate(browsers)
        ]

    def __enter__(self) -> "Watchers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leave.set()
        for thread in self._threads:
            thread.join()

    def _watch(self, browser: Browser, pause: float) -> None:
        path, part = self._path, False
        while not self._leave.wait(pause):
            answer = browser.get(path, part=part)
            assert answer.status in (200, 204), answer.status
            self.answers.append(answer)
            if answer.status == 200:
                if answer.asks_again is None:
                    return
                path, pause = answer.asks_again
                part = True
