"""Check and send: everything on one page, and the button that says the number."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from messaging import batches
from messaging.models import Batch
from webapp.batches.blueprint import blueprint, find_draft
from webapp.batches.forms import SendForm
from webapp.batches.presenters.check import present_check
from webapp.batches.presenters.letter import Letter, choose_patient, present_letter
from webapp.htmx import wants_part
from webapp.ids import an_id
from webapp.permissions import find_batch, may_send, me


@blueprint.get("/batches/<int:batch_id>/check")
def check(batch_id: int) -> ResponseReturnValue:
    batch = find_draft(batch_id)
    if not batch.list_filename and me().may_send:
        return redirect(url_for("batches.patients", batch_id=batch.id))
    if wants_part():
        return render_template("batches/_letter_by_chance.html", batch=batch, letter=_by_chance(batch))
    return _page(batch, SendForm(seal=batches.seal(batch)))


@blueprint.post("/batches/<int:batch_id>/approval")
@may_send
def approve(batch_id: int) -> ResponseReturnValue:
    """Once: a second click, a reload or another tab comes to the details of what was already approved."""
    batch = find_batch(batch_id)
    form = SendForm()
    if batch.is_draft and not form.validate():
        return _page(batch, form, status=422)
    try:
        batches.approve(batch, me(), form.at, seal=form.seal.data or "")
    except batches.ChangedSince:
        form.send.errors = ["This batch was changed after you opened this page. Read it again below, then send it."]
        form.seal.data = batches.seal(batch)
        return _page(batch, form, status=422)
    except batches.NotReady:
        return _page(batch, form, status=422)
    return redirect(url_for("batches.details", batch_id=batch.id))


def _page(batch: Batch, form: SendForm, status: int = 200) -> ResponseReturnValue:
    check = present_check(batch)
    if check.problems:
        form = SendForm(formdata=None)  # it is not shown, so its mistakes are nowhere to be mended
    return render_template("batches/check.html", batch=batch, form=form, letter=_by_chance(batch), check=check), status


def _by_chance(batch: Batch) -> Letter:
    """The patient who is asked for, so that a page with a mistake shows the same one; else any."""
    asked = request.values.get("patient", type=an_id)
    return present_letter(batch, choose_patient(batch, asked, "" if asked else "random"))
