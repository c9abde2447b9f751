"""For managers and whoever looks after the mail: how providers take it, and reports that nobody could read."""

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from messaging import mail_health
from messaging.config import settings
from webapp.mail import advice
from webapp.paging import ROWS, Paging
from webapp.permissions import may_manage, my_organisation

blueprint = Blueprint("mail", __name__)


@blueprint.get("/mail-health")
@may_manage
def health() -> ResponseReturnValue:
    practice = my_organisation()
    found = mail_health.providers(practice, limit=ROWS)
    return render_template(
        "mail/health.html",
        providers=found,
        most=ROWS,
        refusing=[
            (provider, advice.for_administrator(provider.status, provider.words))
            for provider in found
            if provider.refused_us
        ],
        days=mail_health.LOOKED_BACK.days,
        from_domain=practice.from_address.rpartition("@")[2],
        settings=settings(),
        not_understood=mail_health.count_not_understood(practice),
    )


@blueprint.get("/reports-not-understood")
@may_manage
def reports() -> ResponseReturnValue:
    practice = my_organisation()
    paging = Paging.of(request.args.get("page"), mail_health.count_not_understood(practice))
    found = mail_health.not_understood(practice, offset=paging.offset, limit=paging.rows)
    return render_template("mail/reports.html", reports=found, paging=paging, days=settings().report_text_days)


@blueprint.get("/reports-not-understood/<int:receipt_id>")
@may_manage
def report(receipt_id: int) -> ResponseReturnValue:
    found = mail_health.one_not_understood(my_organisation(), receipt_id)
    if found is None:
        abort(404)
    return render_template("mail/report.html", report=found, days=settings().report_text_days)
