"""What a person asked to see of the failed list, and how it is asked for again.

The words of a search may be a patient's name or number, so they travel in forms and never in an address.
"""

from dataclasses import dataclass
from typing import Any

from flask import request

from messaging.failures import Wanted
from messaging.reasons import Reason

DEALT_WITH = {"yes": True, "no": False}
WORDS_CUT = 100  # characters that are looked for


@dataclass(frozen=True, slots=True)
class Filter:
    wanted: Wanted
    page: str | None

    @property
    def values(self) -> dict[str, str]:
        """For an address: everything but the words."""
        found = {}
        if self.wanted.reason:
            found["reason"] = self.wanted.reason.value
        if self.wanted.dealt_with is not None:
            found["dealt"] = "yes" if self.wanted.dealt_with else "no"
        return found

    def but(self, **changes: Any) -> dict[str, Any]:
        """The values with some of them changed; an empty one is left out."""
        return {name: str(value) for name, value in {**self.values, **changes}.items() if value not in ("", None)}


def asked() -> Filter:
    """Of the request in hand. A button's value stands behind the hidden ones of its form, and wins."""
    reason = _last("reason")
    return Filter(
        Wanted(
            reason=Reason(reason) if reason in list(Reason) else None,
            dealt_with=DEALT_WITH.get(_last("dealt")),
            words=request.form.get("words", "").strip()[:WORDS_CUT],
        ),
        page=_last("page"),
    )


def _last(name: str) -> str:
    values = request.form.getlist(name) or request.args.getlist(name)
    return values[-1] if values else ""
