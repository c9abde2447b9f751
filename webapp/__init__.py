"""The pages: what a browser asks us, and what it is answered."""

from importlib import import_module

from flask import Flask

from messaging.app import create_base_app, log_to_stderr
from messaging.config import Settings
from webapp import cli, errors, permissions, rendering, security

NOUNS = ("organisation", "accounts", "batches", "recipients", "mail", "health")  # each has its routes


def create_app(settings: Settings | None = None) -> Flask:
    """Raises SettingsError. Without `settings`, a process of its own: settings and logs as the environment says."""
    if settings is None:
        settings = Settings.from_environment()
        log_to_stderr()
    app = create_base_app(settings, rendering.Pages())
    rendering.init_app(app)
    security.init_headers(app, settings)  # first, so that a refusal has them too
    permissions.init_app(app)  # before a stranger's upload is even read
    security.init_app(app, settings)
    errors.init_app(app)
    for noun in NOUNS:
        try:
            app.register_blueprint(import_module(f"webapp.{noun}.routes").blueprint)
        except ImportError:
            if noun != "batches":
                raise
    cli.init_app(app)
    return app
