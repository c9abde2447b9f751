"""Message: the words, saved as they are written, and what one patient will read."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from messaging import batches, queue
from messaging.models import Batch
from webapp.batches.blueprint import blueprint, find_draft
from webapp.batches.forms import MessageForm
from webapp.batches.presenters.letter import Letter, choose_patient, present_letter
from webapp.ids import an_id
from webapp.permissions import find_recipient, may_send, me


@blueprint.route("/batches/<int:batch_id>/message", methods=["GET", "POST"])
@may_send
def message(batch_id: int) -> ResponseReturnValue:
    """Every button of the page posts the words, so that nothing that was typed is lost, with or without scripts."""
    batch = find_draft(batch_id)
    if not batch.list_filename:
        return redirect(url_for("batches.patients", batch_id=batch.id))
    form = MessageForm(obj=batch)
    if not form.is_submitted():
        return _page(batch, form)
    if not _kept(batch, form):
        return _page(batch, form, status=422)
    if request.form.get("show"):
        return _page(batch, form)
    if form.incomplete(batch):
        return _page(batch, form, status=422)
    return redirect(url_for("batches.check", batch_id=batch.id))


@blueprint.post("/batches/<int:batch_id>/message/preview")
@may_send
def keep_and_preview(batch_id: int) -> ResponseReturnValue:
    """As the words are typed, and when another patient is to be shown."""
    batch = find_draft(batch_id)
    form = MessageForm()
    kept = _kept(batch, form)
    return render_template("batches/_preview.html", batch=batch, letter=_letter(batch), form=form, kept=kept)


@blueprint.get("/batches/<int:batch_id>/message/preview")
def preview(batch_id: int) -> ResponseReturnValue:
    """What one patient of the list will read, beside their row."""
    batch = find_draft(batch_id)
    patient = find_recipient(batch, request.args.get("patient", 0, type=an_id))
    return render_template("batches/preview.html", batch=batch, letter=present_letter(batch, patient), patient=patient)


@blueprint.post("/batches/<int:batch_id>/test")
@may_send
def test(batch_id: int) -> ResponseReturnValue:
    """Sends what the previewed patient would get to the person who asks, marked as a test."""
    batch = find_draft(batch_id)
    form = MessageForm()
    if not _kept(batch, form) or form.incomplete(batch):
        return _page(batch, form, status=422)
    letter = _letter(batch)
    if letter.patient is None:
        flash("There is no patient yet whose message could be sent as a test.", "important")
    elif queue.enqueue(queue.SEND_TEST, batch.id, me().id, letter.patient.id):
        flash(
            f"A test is on its way to {me().email}. It is filled in for the patient in row {letter.patient.row_number} "
            "of your file, and its subject begins with [Test]. Nothing goes to the patient."
        )
    else:
        flash("The test was not sent, because the queue does not answer. Try again in a minute.", "important")
    number = letter.patient.id if letter.patient else None
    return redirect(url_for("batches.message", batch_id=batch.id, patient=number))


def _kept(batch: Batch, form: MessageForm) -> bool:
    """False, with the form marked, when something is too long to be kept whole."""
    form.validate()
    if form.too_long():
        return False
    batches.compose(batch, form.name.data or "", form.subject.data or "", form.body.data or "")
    return True


def _letter(batch: Batch) -> Letter:
    asked = request.form if request.method == "POST" else request.args
    return present_letter(batch, choose_patient(batch, asked.get("patient", type=an_id), asked.get("show", "")))


def _page(batch: Batch, form: MessageForm, status: int = 200) -> ResponseReturnValue:
    letter = _letter(batch)
    fields = batches.offered_fields(batch)
    return render_template("batches/message.html", batch=batch, form=form, letter=letter, fields=fields), status
