"""The whole of Postround as real processes on loopback, for journeys: started, killed and ended by their own ids."""

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from honcho.environ import parse_procfile

from tests.servers import LOOPBACK, free_port, wait_port, wait_until

ROOT = Path(__file__).parents[2]
KEY = "a-key-for-journeys-which-is-long-enough"
PASSWORD = "a password for journeys"
MANAGER = "manager@surgery.example"
ENDS_WITHIN_SECONDS = 25


@dataclass
class Stack:
    """`settings` are environment variables over those that a journey needs; ports are chosen free."""

    folder: Path
    database_url: str
    redis_url: str
    settings: dict[str, str] = field(default_factory=dict)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.web_port, self.bounces_port, self.smtp_port, self.inbox_port = (free_port() for _ in range(4))
        self.base_url = f"http://{LOOPBACK}:{self.web_port}"
        self.inbox_url = f"http://{LOOPBACK}:{self.inbox_port}"

    @property
    def environ(self) -> dict[str, str]:
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith(("SMTP_", "COV_"))},
            "SECRET_KEY": KEY,
            "RETURN_PATH_KEYS": KEY,
            "DATA_DIR": str(self.folder),
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "HOST": LOOPBACK,
            "PORT": str(self.web_port),
            "BASE_URL": self.base_url,
            "BOUNCE_LISTENER_PORT": str(self.bounces_port),
            "REHEARSAL_SMTP_PORT": str(self.smtp_port),
            "REHEARSAL_INBOX_URL": self.inbox_url,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "PYTHONUNBUFFERED": "1",
            **self.settings,
        }

    def flask(self, *command: str, words: str = "") -> str:
        """A command for the administrator, as typed; its output."""
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "webapp", *command],
            cwd=ROOT,
            env=self.environ,
            input=words,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def prepare(self) -> None:
        """The tables, and the demo practice with its manager."""
        self.flask("db", "upgrade")
        self.flask("rehearse-setup", "--password-stdin", words=PASSWORD)

    def start(self, name: str, number: int = 1) -> subprocess.Popen[bytes]:
        """One process of the Procfile, or the rehearsal. A second worker is `start("worker", 2)`."""
        with (self.folder / f"{name}-{number}.log").open("ab") as log:
            process = subprocess.Popen(
                ["/bin/sh", "-c", f"exec {self._command(name)}"],
                cwd=ROOT,
                env=self.environ,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self.running[f"{name}-{number}"] = process
        return process

    def start_all(self) -> None:
        for name in ("rehearsal", "bounces", "worker", "schedule", "web"):
            self.start(name)
        for port in (self.smtp_port, self.inbox_port, self.bounces_port, self.web_port):
            wait_port(port)
        wait_until(self.is_ready, what="/ready")

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.base_url}/ready", timeout=30) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def kill(self, name: str, number: int = 1, by: int = signal.SIGKILL) -> None:
        """End one, with all that it started."""
        process = self.running.pop(f"{name}-{number}")
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, by)
        process.wait(ENDS_WITHIN_SECONDS)

    def stop_all(self) -> None:
        for process in self.running.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.running.values():
            try:
                process.wait(ENDS_WITHIN_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(ENDS_WITHIN_SECONDS)
        self.running.clear()

    def logs(self) -> str:
        return "\n".join(f"== {log.name}\n{log.read_text()[-4000:]}" for log in sorted(self.folder.glob("*.log")))

    def _command(self, name: str) -> str:
        if name != "rehearsal":
            return dict(parse_procfile((ROOT / "Procfile").read_text()).processes)[name]
        options = {
            "--smtp-port": self.smtp_port,
            "--inbox-port": self.inbox_port,
            "--returns-host": LOOPBACK,
            "--returns-port": self.bounces_port,
            "--delay": 0.5,
        }
        return shlex.join(["python", "-m", "rehearsal", *(str(word) for pair in options.items() for word in pair)])


@contextlib.contextmanager
def running_stack(folder: Path, database_url: str, redis_url: str, **settings: str) -> Iterator[Stack]:
    """Everything up, on an empty database; everything down at the end."""
    stack = Stack(folder, database_url, redis_url, settings)
    stack.prepare()
    try:
        stack.start_all()
        yield stack
    finally:
        stack.stop_all()
