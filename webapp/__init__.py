"""The pages: what a browser asks us, and what it is answered."""

import sys
from importlib import import_module

from flask import Flask

from messaging.app import create_base_app, log_to_stderr
from messaging.config import Settings, SettingsError
from webapp import cli, errors, ids, permissions, rendering, security

NOUNS = ("organisation", "accounts", "batches", "recipients", "mail", "health")  # each has its routes
CANNOT_START = 3  # the exit code by which gunicorn knows that trying again is no use


def create_app(settings: Settings | None = None) -> Flask:
    """Without `settings`, a process of its own: settings and logs as the environment says."""
    if settings is None:
        settings = _settings_or_stop()
        log_to_stderr()
    app = create_base_app(settings, rendering.Pages())
    ids.init_app(app)
    rendering.init_app(app)
    security.init_headers(app, settings)  # first, so that a refusal has them too
    permissions.init_app(app)  # before a stranger's upload is even read
    security.init_app(app, settings)
    errors.init_app(app)
    for noun in NOUNS:
        app.register_blueprint(import_module(f"webapp.{noun}.routes").blueprint)
    cli.init_app(app)
    return app


def _settings_or_stop() -> Settings:
    try:
        return Settings.from_environment()
    except SettingsError as error:
        print(error, file=sys.stderr)  # noqa: T201  (a sentence for each mistake, and no traceback)
        raise SystemExit(CANNOT_START) from None
