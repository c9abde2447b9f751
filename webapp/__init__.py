"""The pages: what a browser asks us, and what it is answered."""

from flask import Flask

from messaging.app import create_base_app, log_to_stderr
from messaging.config import Settings
from webapp import cli, errors, permissions, rendering, security
from webapp.accounts.routes import blueprint as accounts
from webapp.health.routes import blueprint as health
from webapp.organisation.routes import blueprint as organisation


def create_app(settings: Settings | None = None) -> Flask:
    """Raises SettingsError. Without `settings`, a process of its own: settings and logs as the environment says."""
    if settings is None:
        settings = Settings.from_environment()
        log_to_stderr()
    app = create_base_app(settings, rendering.Pages())
    rendering.init_app(app)
    permissions.init_app(app)
    security.init_app(app, settings)
    errors.init_app(app)
    for blueprint in (organisation, accounts, health):
        app.register_blueprint(blueprint)
    _register_batches(app)
    cli.init_app(app)
    return app


def _register_batches(app: Flask) -> None:
    try:
        from webapp.batches.routes import blueprint
    except ModuleNotFoundError:
        return
    app.register_blueprint(blueprint)
