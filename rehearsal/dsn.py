"""The parameters of RFC 3461 on MAIL and RCPT: which reports the sender wants and what they must carry."""

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

_COMMAND = re.compile(r'((?:FROM|TO):\s*<(?:"(?:\\.|[^"\\])*"|[^<>"])*>)(.*)', re.IGNORECASE | re.DOTALL)
_XTEXT = re.compile(r"(?:[!-*,-<>-~\x80-\U0010ffff]|\+[0-9A-F]{2})*")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_NOTIFY = {"SUCCESS", "FAILURE", "DELAY"}


class BadParameter(ValueError):
    """A DSN parameter that RFC 3461 does not allow; the command gets a 501."""


@dataclass(frozen=True, slots=True)
class MessageOptions:
    """From MAIL: `envelope_id` to repeat in reports, `headers_only` for what a report may give back."""

    envelope_id: str = ""
    headers_only: bool = False


@dataclass(frozen=True, slots=True)
class RecipientOptions:
    """From RCPT: the actions to report on, and the original recipient as `type;address` or ""."""

    notify: frozenset[str] = frozenset({"failed", "delayed"})
    original_recipient: str = ""


def split(argument: str | None, names: set[str]) -> tuple[str | None, dict[str, str]]:
    """The command's argument without the named parameters, and those parameters by upper-case name."""
    match = _COMMAND.fullmatch(argument or "")
    if match is None:
        return argument, {}
    taken: dict[str, str] = {}
    left = [match[1]]
    for word in match[2].split():
        name, _, value = word.partition("=")
        if name.upper() not in names:
            left.append(word)
        elif name.upper() in taken:
            raise BadParameter(name)
        else:
            taken[name.upper()] = value
    return " ".join(left), taken


def message_options(parameters: dict[str, str]) -> MessageOptions:
    """RET and ENVID. Raises BadParameter."""
    returned = parameters.get("RET", "FULL").upper()
    if returned not in {"FULL", "HDRS"}:
        raise BadParameter("RET")
    envelope_id = parameters.get("ENVID", "")
    if len(envelope_id) > 100:
        raise BadParameter("ENVID")
    return MessageOptions(_from_xtext(envelope_id), returned == "HDRS")


def recipient_options(parameters: dict[str, str]) -> RecipientOptions:
    """NOTIFY and ORCPT. Raises BadParameter."""
    original = parameters.get("ORCPT", "")
    kind, semicolon, address = original.partition(";")
    if original and not (kind and semicolon and address and len(original) <= 500):
        raise BadParameter("ORCPT")
    original = f"{kind.lower()};{_from_xtext(address)}" if original else ""
    if "NOTIFY" not in parameters:
        return RecipientOptions(original_recipient=original)
    wanted = set(parameters["NOTIFY"].upper().split(","))
    if wanted == {"NEVER"}:
        return RecipientOptions(frozenset(), original)
    if not wanted <= _NOTIFY:
        raise BadParameter("NOTIFY")
    actions = {"SUCCESS": "delivered", "FAILURE": "failed", "DELAY": "delayed"}
    return RecipientOptions(frozenset(actions[word] for word in wanted), original)


def _from_xtext(text: str) -> str:
    if not _XTEXT.fullmatch(text):
        raise BadParameter("xtext")
    escaped = text.replace("%", "%25").replace("+", "%")
    return _UNPRINTABLE.sub("?", unquote_to_bytes(escaped).decode("utf-8", "replace"))
