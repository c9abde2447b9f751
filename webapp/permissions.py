"""Who may see what. Nothing is open unless it stands in OPEN, and another practice's things do not exist."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user
from sqlalchemy import select

from messaging.db import db
from messaging.models import Batch, Organisation, Recipient, User
from webapp.htmx import wants_part

P = ParamSpec("P")
R = TypeVar("R")

OPEN = frozenset(
    {
        "static",
        "security.login",
        "security.logout",
        "health.health",
        "health.ready",
        "organisation.help_page",
        "organisation.accessibility",
    }
)
CHOOSING = "accounts.change_password"  # all that there is for whoever has a password that somebody else has seen
PAID = frozenset({"batches", "recipients"})  # the blueprints of the paid feature


def init_app(app: Flask) -> None:
    """Nothing is looked at before it is known who asks."""
    app.before_request(_ask_who_it_is)


def me() -> User:
    """The signed-in person."""
    user: User = current_user._get_current_object()
    return user


def my_organisation() -> Organisation:
    return me().organisation


def may_send(view: Callable[P, R]) -> Callable[P, R]:
    """For managers and senders."""
    return _only_if("may_send", view)


def may_manage(view: Callable[P, R]) -> Callable[P, R]:
    """For managers."""
    return _only_if("may_manage", view)


def find_batch(batch_id: int) -> Batch:
    """A batch of the organisation in hand; 404 for any other."""
    mine = select(Batch).where(Batch.id == batch_id, Batch.organisation_id == me().organisation_id)
    batch: Batch = db.one_or_404(mine)
    return batch


def find_recipient(batch: Batch, recipient_id: int) -> Recipient:
    """A patient of that batch; 404 for any other."""
    theirs = select(Recipient).where(Recipient.id == recipient_id, Recipient.batch_id == batch.id)
    recipient: Recipient = db.one_or_404(theirs)
    return recipient


def _only_if(permission: str, view: Callable[P, R]) -> Callable[P, R]:
    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        if not getattr(me(), permission):
            abort(403)
        return view(*args, **kwargs)

    return guarded


def _ask_who_it_is() -> ResponseReturnValue | None:
    if request.endpoint is None or request.endpoint in OPEN:
        return None
    if not current_user.is_authenticated:
        return _to_sign_in()
    if me().must_choose_password and request.endpoint != CHOOSING:
        return _to(url_for(CHOOSING))
    if request.blueprint in PAID and not my_organisation().has_batch_messaging:
        return render_template("organisation/batch_messaging_off.html"), 403
    return None


def _to_sign_in() -> Response:
    """Back afterwards to the page where one was."""
    seen = _where_one_was()
    return _to(url_for("security.login", next=None if seen == "/" else seen))


def _to(address: str) -> Response:
    """For a part of a page, the whole of it goes there."""
    if wants_part():
        response = make_response("", 401)
        response.headers["HX-Redirect"] = address
        return response
    return make_response(redirect(address))


def _where_one_was() -> str:
    if wants_part():
        seen = request.headers.get("HX-Current-URL", "")
    elif request.method in ("GET", "HEAD"):
        seen = request.full_path.rstrip("?")
    else:
        seen = request.referrer or ""
    parts = urlsplit(seen)
    path = parts.path if parts.path.startswith("/") and not parts.path.startswith("//") else "/"
    return f"{path}?{parts.query}" if parts.query else path
