"""The pretend inbox: a small Flask application over the post office, for people and for tests."""

import hmac
import logging
import secrets
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Flask, Response, abort, g, jsonify, redirect, render_template, request, send_from_directory
from flask.typing import ResponseReturnValue
from jinja2 import ChainableUndefined, ChoiceLoader, FileSystemLoader, PackageLoader
from werkzeug.serving import WSGIRequestHandler, make_server

from rehearsal.letters import Letter, subject_of
from rehearsal.post_office import PostOffice
from rehearsal.reading import open_letter

PER_PAGE = 50
SPEAKERS = {"gmail": "Gmail", "microsoft": "Microsoft 365", "postfix": "Postfix", "exim": "Exim"}
_HERE = Path(__file__).parent
_MESSAGE_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"

log = logging.getLogger("rehearsal.inbox")


class _InboxApp(Flask):
    jinja_options = {
        "undefined": ChainableUndefined,
        "loader": ChoiceLoader([FileSystemLoader(_HERE / "templates"), PackageLoader("nhsuk_frontend_jinja")]),
    }

    def select_jinja_autoescape(self, filename: str | None) -> bool:
        return True  # the components are *.jinja, which Flask would leave unescaped


def create_inbox(post_office: PostOffice, assets: Path | None = None, trusted_hosts: list[str] | None = None) -> Flask:
    """The application. `assets` is the folder with `nhsuk/nhsuk-frontend.min.css`; without it the page is plain.

    `trusted_hosts` are the Host names that are answered (others get 400, so that no foreign page can
    reach in through a name of its own); None answers all.
    """
    app = _InboxApp("rehearsal", static_folder=str(_HERE / "static"))
    app.config["TRUSTED_HOSTS"] = trusted_hosts
    app.config["MAX_CONTENT_LENGTH"] = 10_000
    token = secrets.token_urlsafe(32)
    nhsuk = (assets / "nhsuk").resolve() if assets else None
    looks = nhsuk is not None and (nhsuk / "nhsuk-frontend.min.css").is_file()
    app.jinja_env.filters["uk_time"] = lambda at: at.astimezone(ZoneInfo("Europe/London"))
    app.jinja_env.filters["pairs"] = lambda pairs: urlencode({k: v for k, v in pairs.items() if v})
    app.jinja_env.globals.update(subject_of=subject_of, nhsuk_css=looks, speakers=SPEAKERS, token=token)

    @app.before_request
    def make_nonce() -> None:
        g.nonce = secrets.token_urlsafe(16)

    @app.after_request
    def guard(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", _page_policy(g.get("nonce", "")))
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    @app.get("/")
    def inbox() -> str:
        wanted = request.args.get("q", "").strip()[:200]
        everything = "all" in request.args
        letters = _matching(post_office.letters.all() if everything else post_office.messages(), wanted)
        last = max(1, -(-len(letters) // PER_PAGE))
        page = min(max(request.args.get("page", 1, type=int), 1), last)
        return render_template(
            "inbox.html",
            letters=letters[(page - 1) * PER_PAGE : page * PER_PAGE],
            total=len(letters),
            page=page,
            last=last,
            wanted=wanted,
            everything=everything,
            counts=post_office.counts(),
        )

    @app.get("/messages/<int:number>")
    def message(number: int) -> str:
        letter = _letter(post_office, number)
        return render_template(
            "message.html",
            letter=letter,
            opened=open_letter(letter),
            reports=[sent for sent in post_office.reports_sent() if sent.letter_id == letter.id],
            said_as=SPEAKERS.get(request.args.get("reported", "")),
        )

    @app.get("/messages/<int:number>/html")
    def message_html(number: int) -> Response:
        page = open_letter(_letter(post_office, number)).html
        return Response(
            page, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": _MESSAGE_POLICY}
        )

    @app.get("/messages/<int:number>/raw")
    def message_raw(number: int) -> Response:
        return Response(_letter(post_office, number).raw, content_type="text/plain; charset=utf-8")

    @app.post("/messages/<int:number>/report")
    def report(number: int) -> ResponseReturnValue:
        letter = _letter(post_office, number)
        style = request.form.get("style", "")
        if not hmac.compare_digest(request.form.get("token", "").encode(), token.encode()):
            abort(400, "This page is out of date. Go back, load it again and try once more.")
        if style not in SPEAKERS:
            abort(400, "Choose whose words the report should have.")
        if not post_office.bounce(letter, style):
            abort(409, "This message has no return path, so nobody can be told that it failed.")
        log.info("report asked for message=%d style=%s", letter.id, style)
        return redirect(f"/messages/{letter.id}?reported={style}", 303)

    @app.get("/messages.json")
    def messages_json() -> Response:
        return jsonify(
            counts=post_office.counts(),
            messages=[_as_json(one) for one in _matching(post_office.letters.all(), request.args.get("q", "").strip())],
            reports=[
                {
                    "message": sent.letter_id,
                    "recipient": sent.recipient,
                    "action": sent.action,
                    "status": sent.status,
                }
                for sent in post_office.reports_sent()
            ],
        )

    @app.get("/nhsuk-frontend.min.css")
    def nhsuk_css() -> Response:
        return send_from_directory(nhsuk, "nhsuk-frontend.min.css") if nhsuk else abort(404)

    @app.get("/assets/<path:name>")
    def nhsuk_assets(name: str) -> Response:
        return send_from_directory(nhsuk / "assets", name) if nhsuk else abort(404)

    for code in (400, 404, 409):
        app.register_error_handler(code, _error_page)
    return app


def _error_page(error: Exception) -> ResponseReturnValue:
    code = getattr(error, "code", 500)
    return render_template("error.html", code=code, words=getattr(error, "description", "")), code


def _page_policy(nonce: str) -> str:
    return (
        f"default-src 'none'; style-src 'self'; script-src 'nonce-{nonce}'; img-src 'self' data:; "
        "font-src 'self'; manifest-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )


def _letter(post_office: PostOffice, number: int) -> Letter:
    letter = post_office.letters.get(number)
    if letter is None:
        abort(404, "There is no such message. It may be so old that it was dropped.")
    return letter


def _matching(letters: list[Letter], wanted: str) -> list[Letter]:
    """Newest first; those whose recipients or subject hold the words."""
    words = wanted.casefold()
    found: Callable[[Letter], bool] = lambda letter: (  # noqa: E731
        words in " ".join(letter.recipients).casefold() or words in subject_of(letter).casefold()
    )
    return [letter for letter in reversed(letters) if not words or found(letter)]


def _as_json(letter: Letter) -> dict[str, object]:
    return {
        "id": letter.id,
        "from": letter.sender,
        "to": list(letter.recipients),
        "cases": [addressee.case for addressee in letter.addressees],
        "subject": subject_of(letter),
        "received_at": letter.received_at.isoformat(),
        "in_inbox": letter.in_inbox,
        "envelope_id": letter.options.envelope_id,
        "size": len(letter.raw),
    }


class _QuietHandler(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Say nothing: request lines can hold what somebody searched for."""


class InboxServer:
    """Serves the pretend inbox from threads of its own while the `with` block runs; `port` says where."""

    def __init__(
        self, post_office: PostOffice, host: str = "127.0.0.1", port: int = 0, assets: Path | None = None
    ) -> None:
        loopback = host in {"127.0.0.1", "localhost", "::1"}
        app = create_inbox(post_office, assets, ["127.0.0.1", "localhost", "[::1]"] if loopback else None)
        self._server = make_server(host, port, app, threaded=True, request_handler=_QuietHandler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, name="rehearsal-inbox", daemon=True
        )
        self.port = int(self._server.server_port)

    def __enter__(self) -> "InboxServer":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join(5)
        self._server.server_close()
