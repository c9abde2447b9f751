"""Manage Organisation: the home page, the settings of the practice, help."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from messaging import accounts
from messaging.models import WhenInDoubt
from webapp.organisation import attention
from webapp.organisation.forms import SettingsForm
from webapp.permissions import may_manage, me, my_organisation

blueprint = Blueprint("organisation", __name__)


@blueprint.get("/")
def home() -> ResponseReturnValue:
    practice = my_organisation()
    return render_template(
        "organisation/home.html",
        notices=attention.of(practice),
        today=attention.under_way(practice),
        people=sum(person.active for person in accounts.people(practice)),
    )


@blueprint.route("/settings", methods=["GET", "POST"])
@may_manage
def settings() -> ResponseReturnValue:
    practice = my_organisation()
    form = SettingsForm(obj=practice)
    if not form.validate_on_submit():
        return render_template("organisation/settings.html", form=form), 422 if form.is_submitted() else 200
    changed = accounts.change_settings(
        practice,
        name=form.name.data,
        from_address=form.from_address.data,
        reply_to=form.reply_to.data or "",
        when_in_doubt=WhenInDoubt(form.when_in_doubt.data),
        by=me(),
    )
    flash("The settings are saved." if changed else "Nothing was changed.")
    return redirect(url_for("organisation.home"))


@blueprint.get("/help")
def help_page() -> ResponseReturnValue:
    return render_template("organisation/help.html")


@blueprint.get("/accessibility")
def accessibility() -> ResponseReturnValue:
    return render_template("organisation/accessibility.html")
