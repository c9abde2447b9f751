"""What `bin/run` does once it is inside `.venv`: prepare, start everything, say where to go, wait."""

import contextlib
import fcntl
import os
import shlex
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from honcho.environ import parse_procfile
from redis import Redis, RedisError

from kit import assets, environment, own_folder, stand_ins
from kit.environment import Environment
from kit.places import ROOT, VENDOR
from kit.processes import Processes
from kit.say import step, stop
from kit.stand_ins import RedisStandIn
from messaging.config import Settings

READY_SECONDS = 60


def main() -> int:
    """Returns the exit code: 0 when it was asked to stop, 1 when something ended by itself."""
    chosen = environment.read()
    settings = chosen.settings()
    with contextlib.ExitStack() as stack:
        stack.enter_context(_alone(settings.data_dir))
        environment.check_ports(settings, chosen["HOST"])
        assets.fetch()
        os.umask(0o077)  # what is written from here on may hold patients' data
        redis = None
        if not chosen.is_set("REDIS_URL"):
            redis = stack.enter_context(stand_ins.redis(settings.data_dir / "redis"))
            chosen.decide("REDIS_URL", redis.url)
        settings = chosen.settings()
        _check_redis(settings)
        chosen.write_flask_env()
        sign_in = _prepare_database(chosen, settings)
        return _run(chosen, settings, redis, sign_in)


def _run(chosen: Environment, settings: Settings, redis: RedisStandIn | None, sign_in: str) -> int:
    address = "127.0.0.1" if chosen["HOST"] == "0.0.0.0" else chosen["HOST"]

    def attendant(processes: Processes) -> None:
        if _answers(f"http://{address}:{settings.port}/health", READY_SECONDS):
            processes.say(_welcome(settings, sign_in))
        while redis is None or redis.is_running():
            time.sleep(1)
        processes.fail("The Redis stand-in ended by itself: see valkey.log in the redis folder of DATA_DIR.")

    processes = Processes(attendant)
    for name, command in _commands(settings).items():
        processes.add_process(name, f"exec {command}", env=chosen.for_children(), cwd=ROOT)  # no shell in between
    step("Starting")
    return processes.run()


def _commands(settings: Settings) -> dict[str, str]:
    """The Procfile's own lines, so that a laptop runs what a server runs; and in rehearsal the pretend post office."""
    commands = dict(parse_procfile((ROOT / "Procfile").read_text(encoding="utf-8")).processes)
    del commands["release"]
    if settings.is_rehearsal:
        options = {
            "--smtp-port": settings.rehearsal_smtp_port,
            "--inbox-port": environment.inbox_port(settings),
            "--returns-host": settings.bounce_listener_host,
            "--returns-port": settings.bounce_listener_port,
            "--assets": VENDOR,
        }
        words = [str(word) for pair in options.items() for word in pair]
        commands["rehearsal"] = shlex.join(["python", "-m", "rehearsal", *words])
    return commands


def _prepare_database(chosen: Environment, settings: Settings) -> str:
    """Bring the tables up to date; in rehearsal, make the demo practice and return how to sign in there."""
    step("Bringing the database up to date")
    _flask(chosen, "db", "upgrade")
    if not settings.is_rehearsal:
        return ""
    password = own_folder.rehearsal_password(settings.data_dir)
    return _flask(chosen, "rehearse-setup", "--password-stdin", words=password).strip()


def _flask(chosen: Environment, *command: str, words: str = "") -> str:
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "webapp", *command],
        cwd=ROOT,
        env=chosen.for_children(),
        input=words,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        print(done.stderr.strip()[-2000:], file=sys.stderr)
        stop(f"“flask --app webapp {' '.join(command)}” failed (its words stand above): mend that and run this again.")
    return done.stdout


def _check_redis(settings: Settings) -> None:
    try:
        Redis.from_url(settings.redis_url, socket_connect_timeout=5).ping()
    except (RedisError, OSError):
        stop("The Redis server that REDIS_URL names does not answer: start it, or leave REDIS_URL out.")


def _welcome(settings: Settings, sign_in: str) -> str:
    lines = ["", f"Postround is ready: {settings.base_url}", *sign_in.splitlines()]
    if settings.is_rehearsal:
        lines += [
            f"The pretend inbox: {settings.rehearsal_inbox_url}",
            "This is a rehearsal: nothing leaves this computer.",
        ]
    return "\n".join([*lines, "Ctrl-C stops everything.", ""])


def _answers(url: str, seconds: float) -> bool:
    """Whether the pages are there within so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return True
        time.sleep(0.1)
    return False


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two at once would share one queue's files: the second is told so."""
    with (folder / "run.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stop(
                f"Postround is already running with the data in {folder}: stop that, or set DATA_DIR to another folder."
            )
        yield
