"""Headers, sessions, tokens, sign-in and its limit."""

from datetime import timedelta
from typing import Any

from flask import Flask, Response, abort, request, session
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_security import Security, SQLAlchemyUserDatastore
from flask_security.signals import user_authenticated
from flask_talisman import Talisman
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from messaging.config import Settings
from messaging.db import db, utcnow
from messaging.models import User
from webapp.accounts.forms import SignInForm

LARGEST_REQUEST = 21 * 1024 * 1024  # a list of 20 MB, and the form around it
IDLE = timedelta(hours=2)
AT_MOST = timedelta(hours=12)  # since signing in: an open page that asks for news must not keep one in for ever
SIGN_INS = "50 per 15 minutes"  # that failed, from one network address
CONTENT_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}

talisman = Talisman()
csrf = CSRFProtect()


def init_headers(app: Flask, settings: Settings) -> None:
    """What every answer carries, HTTPS when that is how people come to us, and the end of old sessions."""
    secure = settings.base_url.startswith("https://")
    if secure:  # somebody in front of us speaks TLS, and says who asked
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)  # type: ignore[method-assign]
    talisman.init_app(
        app,
        force_https=secure,
        strict_transport_security=secure,
        session_cookie_secure=secure,
        session_cookie_samesite="Lax",
        frame_options="DENY",
        referrer_policy="same-origin",
        permissions_policy={},
        content_security_policy=CONTENT_POLICY,
        content_security_policy_nonce_in=["script-src"],
    )
    app.after_request(_keep_out_of_caches)
    app.before_request(_end_old_session)


def init_app(app: Flask, settings: Settings) -> None:
    app.config.update(
        MAX_CONTENT_LENGTH=LARGEST_REQUEST,
        PERMANENT_SESSION_LIFETIME=IDLE,
        SESSION_COOKIE_NAME="postround",
        WTF_CSRF_TIME_LIMIT=None,  # it lives as long as the session
    )
    csrf.init_app(app)
    _sign_in(app)
    _limit_sign_in(app, settings)
    app.before_request(_refuse_nul)


def _sign_in(app: Flask) -> None:
    app.config.update(
        SECURITY_LOGIN_URL="/sign-in",
        SECURITY_LOGOUT_URL="/sign-out",
        SECURITY_LOGIN_USER_TEMPLATE="accounts/sign_in.html",
        SECURITY_POST_LOGOUT_VIEW="/sign-in",
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106  (the name of an algorithm)
        SECURITY_PASSWORD_SINGLE_HASH=True,
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        SECURITY_JOIN_USER_ROLES=False,
        SECURITY_STATIC_FOLDER=None,
        SECURITY_FRESHNESS=timedelta(seconds=-1),
        SECURITY_FLASH_MESSAGES=False,
        SECURITY_CLI_USERS_NAME=None,
        SECURITY_CLI_ROLES_NAME=None,
    )
    no_roles: Any = None  # ours is one word in User.role
    security = Security(app, SQLAlchemyUserDatastore(db, User, no_roles), login_form=SignInForm)
    security.principal.identity_loaders.clear()  # would ask the database who it is with every file and /ready
    user_authenticated.connect(_begin_session, app)


def _limit_sign_in(app: Flask, settings: Settings) -> None:
    """Counted in Redis, so that all web processes count together; in memory while Redis is away."""
    options: dict[str, Any] = {"socket_connect_timeout": 1, "socket_timeout": 1}
    if settings.redis_url.startswith("rediss://"):
        options["ssl_cert_reqs"] = "none"
    limiter = Limiter(
        get_remote_address,
        app=app,
        storage_uri=settings.redis_url,
        storage_options=options,
        in_memory_fallback_enabled=True,
        headers_enabled=True,
    )
    view: Any = app.view_functions["security.login"]
    limit = limiter.limit(SIGN_INS, methods=["POST"], deduct_when=lambda response: response.status_code != 302)
    app.view_functions["security.login"] = limit(view)


def _begin_session(_app: Flask, **_: object) -> None:
    session.permanent = True
    session["signed_in_at"] = int(utcnow().timestamp())


def _end_old_session() -> None:
    began = session.get("signed_in_at")
    if began is not None and utcnow().timestamp() - began > AT_MOST.total_seconds():
        session.clear()


def _refuse_nul() -> None:
    """No text of ours holds NUL, and PostgreSQL refuses it."""
    for values in (request.args, request.form):
        if any("\x00" in text for pair in values.items(multi=True) for text in pair):
            abort(400)


def _keep_out_of_caches(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
