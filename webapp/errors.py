"""Pages for what went wrong: in the NHS look, with a way on, and never with data."""

import logging

from flask import Flask, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import AnonymousUserMixin  # type: ignore[import-untyped]
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from messaging.db import db
from webapp.faults import Fault, fault_of

log = logging.getLogger(__name__)

PAGES = (400, 403, 404, 413, 429, 500)
TRY_AGAIN_SECONDS = 30  # when the database does not answer
READ_TO_ITS_END = 128 * 1024 * 1024  # octets of an upload that is too big, so that the browser hears why


def init_app(app: Flask) -> None:
    app.register_error_handler(CSRFError, _token_is_missing)
    app.register_error_handler(HTTPException, _page)
    app.register_error_handler(Exception, _fault)


def _token_is_missing(error: CSRFError) -> ResponseReturnValue:
    return render_template("errors/token.html"), 400


def _page(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    if code < 400:  # a redirect
        return error
    if code == 413:
        _let_the_upload_end()
    name = code if code in PAGES else 400 if code < 500 else 500
    headers = {name: value for name, value in error.get_headers() if name in ("Retry-After", "Allow")}
    return render_template(f"errors/{name}.html"), code, headers


def _fault(error: Exception) -> ResponseReturnValue:
    """The log gets the kind of fault and where; the fault's own words may hold a patient's data."""
    log.error("fault endpoint=%s kind=%s at=%s", request.endpoint, type(error).__name__, _where(error))
    try:
        db.session.rollback()
    except SQLAlchemyError:
        db.session.remove()
    g._login_user = AnonymousUserMixin()  # whoever asks: the page shall not need the database, which may be the fault
    known = fault_of(error)
    if known is None:
        return render_template("errors/500.html"), 500
    headers = {"Retry-After": str(TRY_AGAIN_SECONDS)} if known is Fault.DATABASE_AWAY else {}
    return render_template(f"errors/{known}.html"), known.code, headers


def _where(error: Exception) -> str:
    trace, places = error.__traceback__, []
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename.rsplit('site-packages/')[-1]}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " ".join(places[-6:])


def _let_the_upload_end() -> None:
    """A connection that is closed while the browser still writes shows as “connection reset”, not as our page."""
    stream, left = request.environ["wsgi.input"], min(request.content_length or 0, READ_TO_ITS_END)
    while left > 0 and (piece := stream.read(min(left, 65536))):
        left -= len(piece)
