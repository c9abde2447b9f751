"""Numbers of things, in addresses and forms: one that no table could hold is nobody's, and no fault of ours."""

from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter, Map, ValidationError

LARGEST = 2**31 - 1
MOST_DIGITS = 10


def init_app(app: Flask) -> None:
    app.url_map.converters["int"] = IdConverter


class IdConverter(IntegerConverter):
    """`<int:…>` of every route."""

    def __init__(self, map: Map, *args: Any, **kwargs: Any) -> None:
        super().__init__(map, *args, **{"max": LARGEST, **kwargs})

    def to_python(self, value: str) -> int:
        if len(value) > MOST_DIGITS:
            raise ValidationError
        return int(super().to_python(value))


def an_id(text: str) -> int:
    """Raises ValueError, as `type=` of a request's values expects."""
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS and int(text) <= LARGEST):
        raise ValueError("not a number of anything")
    return int(text)
