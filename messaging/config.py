"""Settings, all from the environment. A secret may also come as NAME_FILE, the path of a file that holds it.

Every mistake is collected, so that an administrator mends them all in one go.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from flask import current_app

LONGEST_TIMEOUT = 600
DAYS_OF_TRYING = 3  # that may lie between the making of a return path and the sending of its message
SECRETS = ("SECRET_KEY", "RETURN_PATH_KEYS", "SMTP_URL", "DATABASE_URL", "REDIS_URL", "MAILBOX_URL")


class SettingsError(Exception):
    """One sentence per mistake, each saying its mend; never the value of a secret."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class SmartHost:
    """Where outgoing mail is handed over. `starttls` and `verify` are on unless the address says otherwise."""

    host: str
    port: int
    username: str = ""
    password: str = ""
    implicit_tls: bool = False
    starttls: bool = True
    verify: bool = True


@dataclass(frozen=True, slots=True)
class Settings:
    """What this installation was told. Durations are in days unless the name says otherwise."""

    secret_key: str
    return_path_keys: tuple[str, ...]  # newest first; the first one signs, all of them are accepted
    port: int = 8000
    base_url: str = "http://127.0.0.1:8000"
    data_dir: Path = Path("var")
    database_url: str = "sqlite:///var/postround.db"
    redis_url: str = "redis://127.0.0.1:6379/0"
    smart_host: SmartHost | None = None  # None: a rehearsal, nothing can leave
    smtp_connections: int = 10  # open at once, over all workers
    smtp_messages_per_second: int = 0  # over all workers; 0: the smart host decides
    smtp_messages_per_second_per_domain: int = 0
    smtp_messages_per_connection: int = 500
    smtp_timeout_seconds: int = 60
    return_path_domain: str = "returns.postround.example"
    bounce_listener_host: str = "127.0.0.1"
    bounce_listener_port: int = 2525
    bounce_listener_tls_certificate: str = ""
    bounce_listener_tls_key: str = ""
    mailbox_url: str = ""
    reports_count_days: int = 7
    return_path_days: int = 30
    report_text_days: int = 30
    rehearsal_smtp_port: int = 2526
    rehearsal_inbox_url: str = "http://127.0.0.1:8025"

    @property
    def is_rehearsal(self) -> bool:
        return self.smart_host is None

    @property
    def outgoing(self) -> SmartHost:
        """The smart host, or the pretend post office on this machine."""
        return self.smart_host or SmartHost("127.0.0.1", self.rehearsal_smtp_port, starttls=False)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Raises SettingsError with every mistake found."""
        reader = _Reader(environ)
        values: dict[str, Any] = {
            "secret_key": reader.text("SECRET_KEY", required=True, at_least=16),
            "return_path_keys": reader.keys("RETURN_PATH_KEYS"),
            "data_dir": Path(reader.text("DATA_DIR", "var")),
            "database_url": reader.database_url(),
            "smart_host": reader.smart_host("SMTP_URL"),
        }
        for field in fields(cls):
            if field.name in values:
                continue
            name = field.name.upper()
            default: Any = field.default
            read = reader.number if isinstance(default, int) else reader.text
            values[field.name] = read(name, default)
        reader.check(values)
        if reader.problems:
            raise SettingsError(reader.problems)
        return cls(**values)


class _Reader:
    """Reads one name after the other and remembers what was wrong."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.problems: list[str] = []

    def text(self, name: str, default: Any = "", *, required: bool = False, at_least: int = 0) -> str:
        value = self.environ.get(name, "").strip()
        file = self.environ.get(f"{name}_FILE", "").strip() if name in SECRETS else ""
        if not value and file:
            try:
                value = Path(file).read_text().strip()
            except OSError as error:
                self.problems.append(
                    f"{name}_FILE names a file that cannot be read ({error.strerror}): check its path."
                )
                return ""
        if required and not value:
            self.problems.append(f"{name} is not set: set it, or {name}_FILE, to a long random text.")
        elif value and len(value) < at_least:
            self.problems.append(f"{name} is too short: use at least {at_least} random characters.")
        return value or str(default)

    def number(self, name: str, default: int) -> int:
        value = self.environ.get(name, "").strip()
        if not value:
            return default
        if not (value.isascii() and value.isdigit()):
            self.problems.append(f"{name} is not a whole number: write it in digits, for example {default}.")
            return default
        return int(value)

    def keys(self, name: str) -> tuple[str, ...]:
        text = self.text(name, required=True)
        keys = tuple(text.replace(",", " ").split())
        if text and not keys:
            self.problems.append(f"{name} holds no key: set it to a long random text.")
        if any(len(key) < 16 for key in keys):
            self.problems.append(f"{name} holds a key that is too short: use at least 16 random characters for each.")
        return keys

    def database_url(self) -> str:
        default = f"sqlite:///{Path(self.text('DATA_DIR', 'var')).absolute() / 'postround.db'}"
        url = self.text("DATABASE_URL", default)
        for scheme in ("postgres://", "postgresql://"):
            if url.startswith(scheme):
                return "postgresql+psycopg://" + url.removeprefix(scheme)
        if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
            self.problems.append(
                "DATABASE_URL is not a PostgreSQL or SQLite address: begin it with postgresql:// or sqlite:///."
            )
        return url

    def smart_host(self, name: str) -> SmartHost | None:
        url = self.text(name)
        if not url:
            return None
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            parts, port = SplitResult("", "", "", "", ""), None
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            self.problems.append(f"{name} is not a mail server’s address: write it as smtp://user:password@host:587.")
            return None
        options = dict(pair.partition("=")[::2] for pair in parts.query.split("&") if pair)
        for option, value in options.items():
            if option not in ("starttls", "verify") or value not in ("on", "off"):
                self.problems.append(f"{name} has an option that is not known: only starttls=off and verify=off are.")
        implicit_tls = parts.scheme == "smtps"
        return SmartHost(
            host=parts.hostname,
            port=port or (465 if implicit_tls else 587),
            username=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            implicit_tls=implicit_tls,
            starttls=not implicit_tls and options.get("starttls") != "off",
            verify=options.get("verify") != "off",
        )

    def check(self, values: dict[str, Any]) -> None:
        """What can only be judged once all values are known."""
        for name in ("port", "bounce_listener_port", "rehearsal_smtp_port"):
            if not 0 <= values[name] <= 65535:
                self.problems.append(f"{name.upper()} is not a port: choose a number up to 65535.")
        if not 1 <= values["smtp_connections"] <= 1000:
            self.problems.append("SMTP_CONNECTIONS must be from 1 to 1000: 10 is a good start.")
        for name in ("smtp_messages_per_connection", "smtp_timeout_seconds", "reports_count_days"):
            if values[name] < 1:
                self.problems.append(f"{name.upper()} must be at least 1.")
        if values["smtp_timeout_seconds"] > LONGEST_TIMEOUT:  # a job of sending would be ended from outside
            self.problems.append(f"SMTP_TIMEOUT_SECONDS must be at most {LONGEST_TIMEOUT}: 60 is a good choice.")
        if values["return_path_days"] < values["reports_count_days"] + DAYS_OF_TRYING:
            self.problems.append(
                "RETURN_PATH_DAYS is too small, so reports that count would be refused: make it at least "
                f"{DAYS_OF_TRYING} more than REPORTS_COUNT_DAYS."
            )
        if bool(values["bounce_listener_tls_certificate"]) != bool(values["bounce_listener_tls_key"]):
            self.problems.append(
                "BOUNCE_LISTENER_TLS_CERTIFICATE and BOUNCE_LISTENER_TLS_KEY belong together: set both, or neither."
            )
        if values["smart_host"] and not self.environ.get("RETURN_PATH_DOMAIN", "").strip():
            self.problems.append(
                "RETURN_PATH_DOMAIN is not set: set it to the domain whose mail reaches the bounce listener."
            )
        if not values["redis_url"].startswith(("redis://", "rediss://", "unix://")):
            self.problems.append("REDIS_URL is not a Redis address: begin it with redis:// or rediss://.")
        if not values["base_url"].startswith(("http://", "https://")):
            self.problems.append("BASE_URL is not a web address: begin it with https://.")
        else:
            values["base_url"] = values["base_url"].rstrip("/")


def settings() -> Settings:
    """Of the application in hand."""
    found: Settings = current_app.extensions["postround_settings"]
    return found
