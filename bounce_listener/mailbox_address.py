"""A mailbox's address, as a setting: imaps://user:password@host:993/Folder?done=Other%20folder."""

from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from messaging.config import SettingsError

HOW = "write it as imaps://user:password@host/INBOX, with % signs for special characters"


@dataclass(frozen=True, slots=True)
class MailboxAddress:
    """`done` is the folder to which read reports are moved; without it they are marked as seen. TLS unless `imap:`
    with starttls=off, which is for tests on this machine."""

    host: str
    port: int
    username: str
    password: str
    folder: str = "INBOX"
    done: str = ""
    implicit_tls: bool = True
    starttls: bool = False

    @classmethod
    def parse(cls, url: str) -> "MailboxAddress":
        """Raises SettingsError, without a word of the address itself: it holds a password."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise SettingsError([f"MAILBOX_URL is not a mailbox’s address: {HOW}."]) from None
        if parts.scheme not in ("imap", "imaps") or not (parts.hostname and parts.username and parts.password):
            raise SettingsError([f"MAILBOX_URL is not a mailbox’s address: {HOW}."])
        options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        folders = (unquote(parts.path.lstrip("/")) or "INBOX", options.pop("done", ""))
        starttls = options.pop("starttls", "on")
        if options or starttls not in ("on", "off"):
            raise SettingsError(["MAILBOX_URL has an option that is not known: only done= and starttls=off are."])
        if not all(folder.isascii() and folder.isprintable() for folder in folders):
            raise SettingsError(["MAILBOX_URL names a folder with letters beyond ASCII: rename it to plain letters."])
        implicit = parts.scheme == "imaps"
        return cls(
            host=parts.hostname,
            port=port or (993 if implicit else 143),
            username=unquote(parts.username),
            password=unquote(parts.password),
            folder=folders[0],
            done=folders[1],
            implicit_tls=implicit,
            starttls=not implicit and starttls == "on",
        )
