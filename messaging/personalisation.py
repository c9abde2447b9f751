"""Words of a message with ((fields)) in it, filled for one patient at a time.

A field matches a heading without case, spaces or punctuation. A value is put in as it stands: whatever a value
contains, even ((surname)), stays text.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache

# One level of brackets is allowed inside, for headings such as "Mobile (home)".
_FIELD = re.compile(r"\(\((?!\()((?:[^()]|\([^()]*\)){1,200})\)\)")


class UnknownField(LookupError):
    """The words name a field that the patient's row does not have. Carries no patient's data."""

    def __init__(self, field: str) -> None:
        super().__init__(f"There is no field called (({field})).")
        self.field = field


@lru_cache(maxsize=4096)
def normalise(name: str) -> str:
    """The form by which names of fields and headings are compared: letters and digits only, case folded."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(filter(str.isalnum, folded)) or "".join(folded.split())


def fields_in(text: str) -> tuple[str, ...]:
    """The fields that the words use, each once, in order of first use, as first written."""
    found: dict[str, str] = {}
    for written in _cut(text)[1::2]:
        found.setdefault(normalise(written), " ".join(written.split()))
    return tuple(found.values())


def unknown_fields(text: str, available: Iterable[str]) -> tuple[str, ...]:
    """The fields that the words use and the list does not have."""
    known = {normalise(name) for name in available}
    return tuple(name for name in fields_in(text) if normalise(name) not in known)


def has_broken_field(text: str) -> bool:
    """Whether two brackets open something that is no field: not closed, or with nothing inside."""
    return any("((" in words for words in _cut(text)[::2])


def fill(text: str, values: Mapping[str, str]) -> str:
    """The words for one patient. Raises UnknownField. For many patients make one Template."""
    return Template(text).fill(values)


def _cut(text: str) -> list[str]:
    """Words, field, words, field, … words. Brackets around nothing but spaces are words."""
    pieces, end = [], 0
    for match in _FIELD.finditer(text):
        if match[1].strip():
            pieces += [text[end : match.start()], match[1]]
            end = match.end()
    return [*pieces, text[end:]]


class Template:
    """Words cut at their fields once, so that filling them for a patient is a few look-ups and a join."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.fields = fields_in(text)
        self._pieces = _cut(text)  # odd places hold the names of fields
        self._keys: dict[str, str] = {}

    def fill(self, values: Mapping[str, str]) -> str:
        """The words with every field replaced by its value. Raises UnknownField."""
        filled = self._pieces.copy()
        for place in range(1, len(filled), 2):
            field = filled[place]
            filled[place] = values[self._key(field, values)]
        return "".join(filled)

    def _key(self, field: str, values: Mapping[str, str]) -> str:
        """The key of `values` that a field means; remembered, because a list's patients share their headings."""
        key = self._keys.get(field)
        if key is not None and key in values:
            return key
        wanted = normalise(field)
        for candidate in values:
            if normalise(candidate) == wanted:
                self._keys[field] = candidate
                return candidate
        raise UnknownField(" ".join(field.split()))
