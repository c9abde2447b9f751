"""The settings that `bin/run` starts everything with: the caller's, then .env, then what a laptop needs."""

import errno
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values

from kit import own_folder
from kit.places import ROOT, VAR, VENV
from kit.say import stop
from messaging.config import Settings, SettingsError

FLASK_ENV = ROOT / ".flaskenv"  # read by the flask command, so that it works beside a running bin/run


@dataclass
class Environment:
    """`given` is what people set; `decided` is what we add because they did not."""

    given: dict[str, str]
    decided: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.given.get(name) or self.decided[name]

    def is_set(self, name: str) -> bool:
        """Whether people set it, as NAME or as NAME_FILE."""
        return bool(self.given.get(name) or self.given.get(f"{name}_FILE"))

    def decide(self, name: str, value: str) -> None:
        if not self.is_set(name.removesuffix("_FILE")):
            self.decided[name] = value

    def settings(self) -> Settings:
        """The settings as every process will read them; a mistake ends the start, one sentence for each."""
        try:
            return Settings.from_environment({**self.decided, **self.given})
        except SettingsError as error:
            stop("\n".join(error.problems))

    def for_children(self) -> dict[str, str]:
        path = f"{VENV / 'bin'}{os.pathsep}{self.given.get('PATH', os.defpath)}"
        return {**self.decided, **self.given, "PATH": path, "PYTHONUNBUFFERED": "1"}

    def write_flask_env(self) -> None:
        """Tell the flask command what was decided. Only paths of secrets stand in there, never a secret."""
        lines = [f"{name}='{value}'" for name, value in sorted(self.decided.items())]
        FLASK_ENV.write_text("\n".join(["# Written by bin/run at each start.", *lines, ""]), encoding="utf-8")


def read(environ: Mapping[str, str] = os.environ, file: Path = ROOT / ".env") -> Environment:
    """Everything but REDIS_URL, which is known once the stand-in for it has started."""
    from_file = {name: value for name, value in dotenv_values(file).items() if value}
    environment = Environment({**from_file, **environ})
    folder = ROOT / (environment.given.pop("DATA_DIR", "") or VAR)
    environment.decide("DATA_DIR", str(folder))
    try:
        secret_files = own_folder.prepare(folder)
    except OSError as error:
        stop(f"The folder {folder} cannot be used ({error.strerror}): set DATA_DIR to one that you may write to.")
    for name, path in secret_files.items():
        environment.decide(f"{name}_FILE", str(path))
    environment.decide("PORT", "8000")
    environment.decide("HOST", "127.0.0.1")
    environment.decide("BASE_URL", f"http://127.0.0.1:{environment['PORT']}")
    environment.settings()
    return environment


def check_ports(settings: Settings, host: str) -> None:
    """Stop, with a sentence for each port that we cannot have. `host` is where the web listens."""
    problems = [problem for name, address, port in _ports(settings, host) if (problem := _problem(name, address, port))]
    if problems:
        stop("\n".join(problems))


def inbox_port(settings: Settings) -> int:
    return urlsplit(settings.rehearsal_inbox_url).port or 80


def _ports(settings: Settings, host: str) -> Iterator[tuple[str, str, int]]:
    yield "PORT", host, settings.port
    if not settings.mailbox_url:
        yield "BOUNCE_LISTENER_PORT", settings.bounce_listener_host, settings.bounce_listener_port
    if settings.is_rehearsal:
        yield "REHEARSAL_SMTP_PORT", "127.0.0.1", settings.rehearsal_smtp_port
        yield "REHEARSAL_INBOX_URL", "127.0.0.1", inbox_port(settings)


def _problem(name: str, host: str, port: int) -> str:
    """Why nothing of ours can listen there, or nothing."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return f"Port {port} is in use by another program: stop that, or set {name} to another one."
            return f"{name}: port {port} of {host} cannot be listened on ({error.strerror}): choose another one."
    return ""
