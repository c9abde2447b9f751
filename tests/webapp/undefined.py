"""An undefined value that remembers which names our templates asked for in vain.

The NHS macros look at parameters that nobody gave, and may: only bare names, and attributes of things that are not
dictionaries, count as mistakes.
"""

from dataclasses import dataclass, field
from typing import Any

from jinja2 import ChainableUndefined, Undefined
from jinja2.utils import missing

OPTIONAL = frozenset(  # of the frame: the port's own, and what a page may set
    {"htmlLang", "htmlClasses", "htmlAttributes", "pageTitleLang", "assetUrl", "opengraphImageUrl", "bodyClasses"}
    | {"containerClasses", "mainClasses", "mainLang", "themeColor", "caller", "params", "undefined"}
    | {"form", "section", "wide"}
)


@dataclass
class NameMissing:
    names: set[str] = field(default_factory=set)


def strict_undefined(found: NameMissing) -> type[Undefined]:
    """A class for `jinja_env.undefined`."""

    class Strict(ChainableUndefined):
        def _look(self) -> None:
            owner, name = self._undefined_obj, str(self._undefined_name)
            if owner is missing:
                if name not in OPTIONAL:
                    found.names.add(name)
            elif not isinstance(owner, dict | list | tuple | str | Undefined | bool) and owner is not None:
                found.names.add(f"{type(owner).__name__}.{name}")

        def __str__(self) -> str:
            self._look()
            return ""

        def __bool__(self) -> bool:
            self._look()
            return False

        def __iter__(self) -> Any:
            self._look()
            return super().__iter__()

        def __len__(self) -> int:
            self._look()
            return 0

    return Strict
