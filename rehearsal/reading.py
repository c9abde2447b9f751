"""A message opened for a person to read. Whatever came in, this answers something and never raises."""

import email
import email.message
import email.policy
from dataclasses import dataclass

from rehearsal.letters import Letter

_LONGEST = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Opened:
    """The parts of a message that a page shows; `plain` and `html` are "" when the message has none."""

    headers: tuple[tuple[str, str], ...]
    plain: str
    html: str
    attachments: tuple[str, ...]

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


def open_letter(letter: Letter) -> Opened:
    """Decode the header, the first plain and the first HTML part, and the names of whatever else is there."""
    try:
        message = email.message_from_bytes(letter.raw, policy=email.policy.default)
        parts = [part for part in message.walk() if not part.is_multipart()]
        headers = tuple((name, _text_of_header(message, name, at)) for at, name in enumerate(message.keys()))
    except Exception:  # the parser meets whatever people send
        return Opened((), _decoded(letter.raw, "utf-8"), "", ())
    inline = [part for part in parts if part.get_content_disposition() != "attachment"]
    return Opened(
        headers,
        _first(inline, "text/plain"),
        _first(inline, "text/html"),
        tuple(part.get_filename() or part.get_content_type() for part in parts if part not in inline),
    )


def _text_of_header(message: email.message.EmailMessage, name: str, at: int) -> str:
    try:
        return str(message.values()[at])
    except Exception:
        return f"({name} cannot be read)"


def _first(parts: list[email.message.EmailMessage], kind: str) -> str:
    for part in parts:
        if part.get_content_type() == kind:
            payload = part.get_payload(decode=True)
            content = payload if isinstance(payload, bytes) else str(part.get_payload()).encode()
            return _decoded(content, part.get_content_charset("utf-8"))
    return ""


def _decoded(content: bytes, charset: str) -> str:
    try:
        return content[:_LONGEST].decode(charset, "replace")
    except LookupError:
        return content[:_LONGEST].decode("utf-8", "replace")
