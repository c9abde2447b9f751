"""View Details, and the part of it that moves."""

import logging

from flask import Response, abort, current_app, make_response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from messaging import batches
from messaging.db import utcnow
from messaging.models import Batch
from webapp.batches.blueprint import blueprint
from webapp.batches.newest import Newest
from webapp.batches.presenters.details import OUTCOMES, present_details, present_outcome
from webapp.batches.presenters.live import present_live
from webapp.permissions import find_batch

log = logging.getLogger(__name__)


@blueprint.get("/batches/<int:batch_id>")
def details(batch_id: int) -> ResponseReturnValue:
    batch = find_batch(batch_id)
    live = present_live(batch, utcnow())
    page = render_template("batches/details.html", batch=batch, live=live, details=present_details(batch))
    return _then_renew(batch, page)


@blueprint.get("/batches/<int:batch_id>/live")
def live(batch_id: int) -> ResponseReturnValue:
    """204 when it looks as the asker says it looks already; with an announcement when the state is another."""
    batch = find_batch(batch_id)
    found = present_live(batch, utcnow())
    if request.args.get("seen") == found.digest:
        return _then_renew(batch, ("", 204))
    part = "batches/_live.html"
    if request.args.get("state", found.state) == found.state:
        looks = batch.status, found.digest  # alike for all who watch, so it is written once
        return _then_renew(
            batch, _written().get(batch.id, looks, lambda: render_template(part, batch=batch, live=found))
        )
    details = present_details(batch)
    return _then_renew(batch, render_template(part, batch=batch, live=found, announces=True, details=details))


@blueprint.route("/batches/<int:batch_id>/outcomes/<outcome>", methods=["GET", "POST"])
def outcomes(batch_id: int, outcome: str) -> ResponseReturnValue:
    """The patients behind a figure. A search is posted, because names and numbers never stand in an address."""
    batch = find_batch(batch_id)
    if outcome not in OUTCOMES:
        abort(404)
    found = present_outcome(batch, outcome, request.form.get("words", "").strip()[:100], request.form.get("page"))
    return render_template("batches/outcomes.html", batch=batch, outcome=found)


def _written() -> Newest[str]:
    parts: Newest[str] = current_app.extensions.setdefault("postround_live_parts", Newest())
    return parts


def _then_renew(batch: Batch, answer: ResponseReturnValue) -> Response:
    """Nobody waits for counting: the figures for those who ask next are counted when this answer has left."""
    response = make_response(answer)
    renew = batches.renewal(batch)
    if renew is None:
        return response
    app = current_app._get_current_object()  # type: ignore[attr-defined]

    def when_it_has_left() -> None:
        with app.app_context():
            try:
                renew()
            except SQLAlchemyError as error:
                log.warning("figures not renewed batch=%d error=%s", batch.id, type(error).__name__)

    response.call_on_close(when_it_has_left)
    return response
