"""`bin/run` as a newcomer meets it: up, said where to go, down, and nothing left behind."""

import os
import re
import shutil
import signal
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from kit.places import ROOT
from tests.servers import free_port, smtp_sink, valkey, wait_until

pytestmark = pytest.mark.timeout(400)
START_SECONDS = 120
STOP_SECONDS = 60
NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", "var", "tests", "docs", "node_modules", ".*_cache", "__pycache__", ".env"
)
MARK = "POSTROUND_TEST_MARK"


class Checkout:
    """A copy of the checkout that shares only its `.venv`, so that no data and no secret of ours is touched."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "postround"
        shutil.copytree(ROOT, self.folder, ignore=NOT_COPIED, symlinks=True)
        (self.folder / ".venv").symlink_to(ROOT / ".venv")
        self.mark = uuid4().hex
        self.log = folder / "log"
        self.started: list[subprocess.Popen[bytes]] = []
        self.ports = {name: free_port() for name in ("PORT", "BOUNCE_LISTENER_PORT", "REHEARSAL_SMTP_PORT", "INBOX")}
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            MARK: self.mark,
            "PORT": str(self.ports["PORT"]),
            "BOUNCE_LISTENER_PORT": str(self.ports["BOUNCE_LISTENER_PORT"]),
            "REHEARSAL_SMTP_PORT": str(self.ports["REHEARSAL_SMTP_PORT"]),
            "REHEARSAL_INBOX_URL": f"http://127.0.0.1:{self.ports['INBOX']}",
        }

    def start(self, **settings: str) -> subprocess.Popen[bytes]:
        with self.log.open("wb") as log:
            started = subprocess.Popen(
                [self.folder / "bin" / "run"],
                env={**self.environ, **settings},
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.started.append(started)
        return started

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def wait_ready(self, started: subprocess.Popen[bytes]) -> str:
        """What it has said once it is ready."""
        ready = lambda: "Postround is ready" in self.said() or started.poll() is not None  # noqa: E731
        wait_until(ready, START_SECONDS, "“Postround is ready”")
        assert started.poll() is None, self.said()
        return self.said()

    def processes(self) -> dict[int, str]:
        """All that still runs of what was started with our mark, or out of our folder."""
        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                marked = f"{MARK}={self.mark}".encode() in (entry / "environ").read_bytes()
                if marked or str(self.folder) in words:  # the Redis stand-in writes over its environment
                    found[int(entry.name)] = words
            except OSError:
                continue
        return {pid: words for pid, words in found.items() if words}

    def clean_up(self) -> None:
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        for started in self.started:
            started.wait()


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    made = Checkout(tmp_path)
    yield made
    made.clean_up()


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=60) as answer:
        return str(answer.read().decode())


def none_left(checkout: Checkout) -> Callable[[], bool]:
    return lambda: not checkout.processes()


def test_it_starts_says_where_to_go_and_stops_without_a_trace_and_starts_again_in_seconds(checkout: Checkout) -> None:
    started = checkout.start()
    said = checkout.wait_ready(started)

    assert f"Postround is ready: http://127.0.0.1:{checkout.ports['PORT']}" in said
    assert f"The pretend inbox: http://127.0.0.1:{checkout.ports['INBOX']}" in said
    password = re.search(r"Sign in as \S+@\S+ with the password (\S{12,})", said)
    assert password
    assert '"ok"' in get(f"http://127.0.0.1:{checkout.ports['PORT']}/health")
    assert "<html" in get(f"http://127.0.0.1:{checkout.ports['INBOX']}").lower()

    beside = [checkout.folder / ".venv" / "bin" / "flask", "--app", "webapp", "set-batch-messaging", "Y99999", "on"]
    bare = {"PATH": os.environ["PATH"], MARK: checkout.mark}
    command = subprocess.run(beside, cwd=checkout.folder, env=bare, capture_output=True, text=True, check=False)
    assert command.returncode == 0, command.stderr

    started.send_signal(signal.SIGTERM)
    assert started.wait(STOP_SECONDS) == 0
    wait_until(none_left(checkout), what="the end of every process")

    again = checkout.start()
    said = checkout.wait_ready(again)
    assert password.group(1) in said
    # Seconds: nothing is installed, fetched or made anew.
    assert re.findall(r"^· (.+)$", said, re.MULTILINE) == ["Bringing the database up to date", "Starting"]
    again.send_signal(signal.SIGINT)
    assert again.wait(STOP_SECONDS) == 0
    wait_until(none_left(checkout), what="the end of every process")


@pytest.mark.parametrize(
    ("named", "told"), [("-m worker.schedule", "schedule stopped"), ("valkey-server", "Redis stand-in ended by itself")]
)
def test_when_one_process_dies_all_end_and_it_says_which(checkout: Checkout, named: str, told: str) -> None:
    started = checkout.start()
    checkout.wait_ready(started)
    victim = next(pid for pid, words in checkout.processes().items() if named in words)

    os.kill(victim, signal.SIGKILL)

    assert started.wait(STOP_SECONDS) == 1
    assert told in checkout.said()
    wait_until(none_left(checkout), what="the end of every process")


def test_nothing_outlives_it_even_when_it_is_killed_outright(checkout: Checkout) -> None:
    started = checkout.start()
    checkout.wait_ready(started)
    assert "valkey" in " ".join(checkout.processes().values())

    started.kill()

    started.wait()
    wait_until(none_left(checkout), STOP_SECONDS, "the end of every process")


def test_it_uses_the_servers_it_is_given_and_starts_no_stand_in_for_them(checkout: Checkout) -> None:
    with valkey() as redis, smtp_sink() as sink:
        started = checkout.start(REDIS_URL=redis, SMTP_URL=sink.url, RETURN_PATH_DOMAIN="returns.example.org")
        said = checkout.wait_ready(started)

        assert "rehearsal" not in said.lower()
        running = " ".join(checkout.processes().values())
        assert "valkey" not in running
        assert "-m rehearsal" not in running
        assert "-m worker" in running
        started.send_signal(signal.SIGTERM)
        assert started.wait(STOP_SECONDS) == 0
    wait_until(none_left(checkout), what="the end of every process")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"PORT": "eighty"}, "PORT is not a whole number: write it in digits, for example 8000."),
        ({"SMTP_URL": "smtp://mail.example.org"}, "RETURN_PATH_DOMAIN is not set: set it to the domain"),
        (
            {"REDIS_URL": "redis://127.0.0.1:1/0"},
            "The Redis server that REDIS_URL names does not answer: start it, or leave REDIS_URL out.",
        ),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_sentence(
    checkout: Checkout, settings: dict[str, str], sentence: str
) -> None:
    started = checkout.start(**settings)

    assert started.wait(START_SECONDS) == 1
    lines = [line for line in checkout.said().splitlines() if line and not line.startswith("·")]
    assert len(lines) == 1
    assert sentence in lines[0]
    wait_until(none_left(checkout), what="the end of every process")


def test_a_second_one_in_the_same_folder_is_told_so(checkout: Checkout) -> None:
    first = checkout.start()
    checkout.wait_ready(first)

    second = checkout.start(PORT=str(free_port()))

    assert second.wait(START_SECONDS) == 1
    assert "Postround is already running with the data in" in checkout.said()
    assert first.poll() is None
    first.send_signal(signal.SIGTERM)
    assert first.wait(STOP_SECONDS) == 0
