"""Step 1, Patients: the file comes in and is checked at once."""

from typing import BinaryIO, cast

from flask import Response, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from messaging import batches
from messaging.db import transaction
from messaging.models import Batch
from messaging.patient_list import ListRefused, PatientList, read_patient_list
from webapp import csv_export
from webapp.batches.blueprint import blueprint, elsewhere, find_draft
from webapp.batches.forms import ListForm
from webapp.htmx import wants_part
from webapp.permissions import may_send, me, my_organisation

NOTICES = "list_notices"  # what was passed over in the file, for the next page only
MOST_NOTICES, LONGEST_NOTICE = 5, 300  # a cookie holds them
TEMPLATE_COLUMNS = ("NHS Number", "Email Address", "First Name", "Surname")


@blueprint.route("/batches/new", methods=["GET", "POST"])
@may_send
def new() -> ResponseReturnValue:
    """The draft is made once its list can be read, so that a wrong file leaves nothing behind."""
    form = ListForm()
    if not form.is_submitted():
        return _page(form, None)
    patient_list = _read(form)
    if patient_list is None:
        return _page(form, None, status=422)
    with transaction():  # a draft without its list would be no use to anybody
        batch = batches.create_draft(my_organisation(), me())
        return _take(batch, patient_list)


@blueprint.route("/batches/<int:batch_id>/patients", methods=["GET", "POST"])
@may_send
def patients(batch_id: int) -> ResponseReturnValue:
    """The same for a draft whose list is replaced; its words stay."""
    batch = find_draft(batch_id)
    form = ListForm()
    if not form.is_submitted():
        return _page(form, batch)
    patient_list = _read(form)
    if patient_list is None:
        return _page(form, batch, status=422)
    return _take(batch, patient_list)


@blueprint.get("/batches/template.csv")
def template() -> Response:
    """Only headings: a patient who stood there as an example might be sent to."""
    return csv_export.download("postround-patient-list", TEMPLATE_COLUMNS, [])


def _read(form: ListForm) -> PatientList | None:
    """The list, or None with the reason among the form's mistakes."""
    if not form.validate():
        return None
    file = request.files.get(form.patients.name)
    if file is None or not file.filename:
        form.patients.errors = ["Choose the file with your patient list."]
        return None
    try:
        return read_patient_list(cast(BinaryIO, file.stream), file.filename)
    except ListRefused as refused:
        form.patients.errors = [f"{refused.sentence} {refused.mend}"]
        return None


def _take(batch: Batch, patient_list: PatientList) -> ResponseReturnValue:
    batches.take_list(batch, patient_list, me())
    session[NOTICES] = [notice[:LONGEST_NOTICE] for notice in patient_list.notices[:MOST_NOTICES]]
    return elsewhere(url_for("batches.review", batch_id=batch.id))


def _page(form: ListForm, batch: Batch | None, status: int = 200) -> ResponseReturnValue:
    action = url_for("batches.patients", batch_id=batch.id) if batch else url_for("batches.new")
    page = "batches/_upload.html" if wants_part() else "batches/patients.html"
    return render_template(page, form=form, batch=batch, action=action), status
