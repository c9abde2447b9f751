"""The signed address to which mail systems return what they could not deliver: one per message (VERP).

    r-PAYLOAD-SIGNATURE@returns.example.org

PAYLOAD is the day of issue (16 bits, days since 2020-01-01) and the message's id; SIGNATURE is the first 80 bits of an
HMAC-SHA-256 over it. Both are base32 in lower case, because gateways fold case and cut at `+` and `=`. At most 64
characters, the limit of RFC 5321 section 4.5.3.1.1. Whoever has not handled that very message cannot know it.
"""

import base64
import binascii
import hmac
from dataclasses import dataclass
from datetime import date, timedelta

from flask import current_app

PREFIX = "r"
EPOCH = date(2020, 1, 1)
SIGNATURE_BYTES = 10
LONGEST_LOCAL_PART = 64


class Forged(ValueError):
    """Not an address that we signed."""


@dataclass(frozen=True, slots=True)
class Signed:
    message_id: int
    issued: date


@dataclass(frozen=True, slots=True)
class ReturnPaths:
    """Signs with the first key and accepts all of them, so that keys can be changed while reports are still due."""

    domain: str
    keys: tuple[str, ...]

    def address_for(self, message_id: int, issued: date) -> str:
        """The same message always has the same return path, however often it is tried."""
        payload = _pack(message_id, issued)
        return f"{PREFIX}-{_encode(payload)}-{_encode(_sign(self.keys[0], payload))}@{self.domain}"

    def read(self, address: str) -> Signed:
        """Raises Forged for whatever is not exactly an address of ours, whichever key signed it."""
        local, _, domain = address.strip("<>").lower().rpartition("@")
        prefix, _, rest = local.partition("-")
        encoded, _, signature = rest.partition("-")
        if domain != self.domain.lower() or prefix != PREFIX or len(local) > LONGEST_LOCAL_PART:
            raise Forged
        payload, given = _decode(encoded), _decode(signature)
        if not any(hmac.compare_digest(_sign(key, payload), given) for key in self.keys):
            raise Forged
        if encoded != _encode(payload) or signature != _encode(given) or len(payload) < 3:
            raise Forged  # another spelling of the same bytes
        return _unpack(payload)


def return_paths() -> ReturnPaths:
    """Of the application in hand."""
    found: ReturnPaths = current_app.extensions["postround_return_paths"]
    return found


def _pack(message_id: int, issued: date) -> bytes:
    number = message_id.to_bytes(max(1, (message_id.bit_length() + 7) // 8), "big")
    return (issued - EPOCH).days.to_bytes(2, "big") + number


def _unpack(payload: bytes) -> Signed:
    days = int.from_bytes(payload[:2], "big")
    return Signed(int.from_bytes(payload[2:], "big"), EPOCH + timedelta(days=days))


def _sign(key: str, payload: bytes) -> bytes:
    return hmac.digest(key.encode(), b"return path " + payload, "sha256")[:SIGNATURE_BYTES]


def _encode(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=").lower()


def _decode(text: str) -> bytes:
    try:
        return base64.b32decode(text.upper() + "=" * (-len(text) % 8))
    except (binascii.Error, ValueError):
        raise Forged from None
