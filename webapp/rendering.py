"""How pages are made: templates, what every template knows, and our own files in the browser's cache."""

import hashlib
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any
from wsgiref.headers import Headers

from flask import Flask, url_for
from flask_security import current_user
from jinja2 import BaseLoader, ChainableUndefined, ChoiceLoader, FileSystemLoader, PackageLoader
from whitenoise import WhiteNoise

from messaging.config import settings
from webapp import forms, htmx, words

ROOT = Path(__file__).parent.parent
TEMPLATES = ROOT / "templates"
STATIC = Path(__file__).parent / "static"
YEAR_SECONDS = 365 * 24 * 60 * 60
VERSION = "0.1.0"


class Pages(Flask):
    """Flask with the NHS macros, and with their suffix among those whose text is escaped."""

    jinja_options = {
        **Flask.jinja_options,
        "undefined": ChainableUndefined,  # the macros count on it
        "trim_blocks": True,
        "lstrip_blocks": True,
    }

    def __init__(self) -> None:
        super().__init__("postround", static_folder=str(STATIC), static_url_path="/static", template_folder=None)

    def create_global_jinja_loader(self) -> BaseLoader:  # type: ignore[override]  # Flask's own is one of these too
        return ChoiceLoader([FileSystemLoader(TEMPLATES), PackageLoader("nhsuk_frontend_jinja")])

    def select_jinja_autoescape(self, filename: str | None) -> bool:
        """Flask leaves `.jinja` unescaped, and every macro of the NHS port ends so."""
        if filename and filename.endswith(".jinja"):
            return True
        return super().select_jinja_autoescape(filename or "")


def init_app(app: Flask) -> None:
    htmx.init_app(app)
    app.jinja_env.filters.update(words.FILTERS)
    app.jinja_env.globals.update(
        nhsuk_field=forms.nhsuk_field,
        nhsuk_errors=forms.nhsuk_errors,
        plural=words.plural,
        version=version(),
    )
    app.context_processor(_what_every_page_knows)
    app.url_defaults(_name_the_version_of_a_file)
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=STATIC,
        prefix="static/",
        max_age=YEAR_SECONDS,
        allow_all_origins=False,
        add_headers_function=_guard_a_file,
    )


def _what_every_page_knows() -> dict[str, Any]:
    practice = current_user.organisation if current_user and current_user.is_authenticated else None
    chosen = settings()
    return {
        "practice": practice,
        "rehearsal_inbox": chosen.rehearsal_inbox_url if chosen.is_rehearsal else "",
        "asset_path": url_for("static", filename="vendor/nhsuk/assets", v=None),
    }


def _name_the_version_of_a_file(endpoint: str, values: dict[str, Any]) -> None:
    """A file's address changes with the file, so that a browser may keep it for a year."""
    if endpoint == "static" and "v" not in values:
        path = STATIC / values["filename"]
        if path.is_file():
            values["v"] = _digest(path, path.stat().st_mtime_ns)


def _guard_a_file(headers: Headers, _path: str, url: str) -> None:
    """What Talisman gives to pages, as far as a file needs it."""
    headers["X-Content-Type-Options"] = "nosniff"
    if "/assets/" in url:  # the style sheet names its pictures without a version
        headers["Cache-Control"] = "public, max-age=3600"


@lru_cache(maxsize=200)
def _digest(path: Path, _changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


@lru_cache(maxsize=1)
def version() -> str:
    try:
        return metadata.version("postround")
    except metadata.PackageNotFoundError:  # run from its folder, as bin/run does
        return VERSION
