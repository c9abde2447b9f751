"""The part of the application that every process shares: settings, database, queue, logs."""

import logging
import sys
from pathlib import Path

from flask import Flask
from flask_migrate import Migrate
from sqlalchemy.orm import configure_mappers

from messaging import models  # noqa: F401  (registers every table)
from messaging.config import Settings
from messaging.db import db, prepare_engine
from messaging.queue import redis_connection
from messaging.return_path import ReturnPaths

MIGRATIONS = Path(__file__).parent / "migrations"
migrate = Migrate(directory=str(MIGRATIONS))


def create_base_app(settings: Settings | None = None, app: Flask | None = None) -> Flask:
    """For the worker and the listener as it is; the web adds its pages to `app`. Raises SettingsError."""
    settings = settings or Settings.from_environment()
    app = app or Flask("postround", static_folder=None)
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=_engine_options(settings),
    )
    app.extensions["postround_settings"] = settings
    app.extensions["postround_redis"] = redis_connection(settings.redis_url)
    app.extensions["postround_return_paths"] = ReturnPaths(settings.return_path_domain, settings.return_path_keys)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    db.init_app(app)
    migrate.init_app(app, db)
    configure_mappers()
    with app.app_context():
        prepare_engine(db.engine)
    return app


def log_to_stderr() -> None:
    """One line per event, with ids and never a name, a number, an address or the words of a message."""
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
        force=True,
    )


def _engine_options(settings: Settings) -> dict[str, object]:
    """Parameters are hidden because an error's text, with patients in it, would end in a log."""
    if settings.database_url.startswith("sqlite"):
        return {"hide_parameters": True}
    return {"hide_parameters": True, "pool_pre_ping": True, "pool_size": 5, "max_overflow": 15, "pool_recycle": 1800}
