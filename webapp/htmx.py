"""The one place that knows how htmx asks: whether a request wants a part of a page."""

from flask import Flask, request
from htmx_flask import Htmx


def init_app(app: Flask) -> None:
    Htmx(app)


def wants_part() -> bool:
    """True when htmx asked, so that the answer is swapped into a page that stands."""
    return bool(request.htmx)  # type: ignore[attr-defined]  # the extension's own request class
