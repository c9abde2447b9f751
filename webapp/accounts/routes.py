"""People of the practice, and one’s own password."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_security.utils import hash_password, login_user, verify_password
from sqlalchemy import select

from messaging import accounts
from messaging.db import db
from messaging.models import Role, User
from webapp.accounts.forms import PasswordForm, PersonForm, RoleForm
from webapp.permissions import may_manage, me, my_organisation

blueprint = Blueprint("accounts", __name__)


@blueprint.get("/people")
@may_manage
def people() -> ResponseReturnValue:
    return render_template("accounts/people.html", people=accounts.people(my_organisation()))


@blueprint.route("/people/new", methods=["GET", "POST"])
@may_manage
def add_person() -> ResponseReturnValue:
    form = PersonForm()
    if not form.validate_on_submit():
        return render_template("accounts/person_new.html", form=form), 422 if form.is_submitted() else 200
    password = accounts.new_password()
    try:
        person = accounts.add_person(
            my_organisation(),
            form.email.data,
            form.name.data,
            Role(form.role.data),
            hash_password(password),
            by=me(),
            for_once=True,
        )
    except accounts.Refused as refused:
        form.email.errors = [str(refused)]
        return render_template("accounts/person_new.html", form=form), 422
    return render_template("accounts/password_once.html", person=person, password=password, is_new=True)


@blueprint.route("/people/<int:user_id>", methods=["GET", "POST"])
@may_manage
def person(user_id: int) -> ResponseReturnValue:
    found = _find(user_id)
    form = RoleForm(role=found.role.value)
    if not form.validate_on_submit():
        return render_template("accounts/person.html", form=form, person=found), 422 if form.is_submitted() else 200
    try:
        accounts.set_role(found, Role(form.role.data), by=me())
    except accounts.Refused as refused:
        form.role.errors = [str(refused)]
        return render_template("accounts/person.html", form=form, person=found), 422
    flash(f"{found.display_name} is now a {found.role.value}.")
    return redirect(url_for("accounts.people"))


@blueprint.post("/people/<int:user_id>/deactivation")
@may_manage
def deactivate(user_id: int) -> ResponseReturnValue:
    return _set_active(_find(user_id), False)


@blueprint.post("/people/<int:user_id>/activation")
@may_manage
def activate(user_id: int) -> ResponseReturnValue:
    return _set_active(_find(user_id), True)


@blueprint.post("/people/<int:user_id>/password")
@may_manage
def new_password(user_id: int) -> ResponseReturnValue:
    found = _find(user_id)
    if found.id == me().id:
        abort(400)  # one's own is changed with the old one at hand
    password = accounts.new_password()
    accounts.set_password(found, hash_password(password), by=me(), for_once=True)
    return render_template("accounts/password_once.html", person=found, password=password, is_new=False)


@blueprint.route("/password", methods=["GET", "POST"])
def change_password() -> ResponseReturnValue:
    """The first page of whoever has signed in with a password that was made for them."""
    form = PasswordForm()
    valid = form.validate_on_submit()
    if valid and not verify_password(form.current.data, me().password):
        form.current.errors = ["That is not the password that you have now."]
        valid = False
    if not valid:
        return render_template("accounts/password.html", form=form), 422 if form.is_submitted() else 200
    accounts.set_password(me(), hash_password(form.new.data), by=me())
    login_user(me(), authn_via=["change"])
    flash("Your password is changed. You are signed out everywhere else.")
    return redirect(url_for("organisation.home"))


def _set_active(found: User, active: bool) -> ResponseReturnValue:
    try:
        accounts.set_active(found, active, by=me())
    except accounts.Refused as refused:
        form = RoleForm(role=found.role.value)
        return render_template("accounts/person.html", form=form, person=found, refused=str(refused)), 422
    flash(f"{found.display_name} can {'sign in again' if active else 'no longer sign in'}.")
    return redirect(url_for("accounts.people"))


def _find(user_id: int) -> User:
    """Of the organisation in hand; 404 for any other."""
    found: User = db.one_or_404(select(User).where(User.id == user_id, User.organisation_id == me().organisation_id))
    return found
