"""Forms about people: signing in, adding a colleague, roles, passwords."""

from typing import Any

from flask_security.forms import LoginForm
from flask_security.utils import validate_redirect_url
from wtforms import EmailField, PasswordField, RadioField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, Length, ValidationError

from messaging import accounts
from messaging.models import Role
from webapp.forms import Form

ROLES = [
    SelectChoice(Role.MANAGER.value, "Manager: everything, and the people and settings of the practice"),
    SelectChoice(Role.SENDER.value, "Sender: prepares, sends and stops batch messages"),
    SelectChoice(Role.VIEWER.value, "Viewer: looks, and changes nothing"),
]


class SignInForm(LoginForm):
    """Says the same whether the address or the password was wrong, so that nobody learns who works here."""

    email = EmailField(
        "Email address",
        [DataRequired("Enter your email address"), Length(max=254, message="Enter your email address")],
        filters=[lambda text: text.strip() if text else text],
        render_kw={"autocomplete": "username"},
    )
    password = PasswordField(
        "Password",
        [DataRequired("Enter your password"), Length(max=accounts.LONGEST_PASSWORD, message="Enter your password")],
        render_kw={"autocomplete": "current-password"},
    )
    remember = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.next.data and not validate_redirect_url(self.next.data):
            self.next.data = ""  # somebody else's link shall neither lead away nor keep anybody out

    def validate(self, **kwargs: Any) -> bool:
        both = bool(self.email.data and self.password.data)
        if super().validate(**kwargs):
            return True
        if both:
            self.email.errors = ["The email address or the password is not right. Check both and try again."]
            self.password.errors = []
        return False


def _address(_form: Form, field: EmailField) -> None:
    try:
        field.data = accounts.own_address(field.data or "")
    except accounts.Refused as refused:
        raise ValidationError(str(refused)) from None


class PersonForm(Form):
    name = StringField("Name", [DataRequired("Enter the person’s name"), Length(max=200)])
    email = EmailField(
        "Email address",
        [DataRequired("Enter the person’s email address"), Length(max=254), _address],
        description="They sign in with it. Nothing is sent to it now.",
    )
    role = RadioField("What they may do", [DataRequired("Select what they may do")], choices=ROLES)


class RoleForm(Form):
    role = RadioField("What they may do", [DataRequired("Select what they may do")], choices=ROLES)


class PasswordForm(Form):
    current = PasswordField(
        "Your password now",
        [DataRequired("Enter the password that you have now"), Length(max=accounts.LONGEST_PASSWORD)],
        render_kw={"autocomplete": "current-password"},
    )
    new = PasswordField(
        "New password",
        [DataRequired("Enter a new password")],
        description=f"At least {accounts.SHORTEST_PASSWORD} characters. Three random words make a good password.",
        render_kw={"autocomplete": "new-password"},
    )

    def validate_new(self, field: PasswordField) -> None:
        try:
            accounts.check_password(field.data or "")
        except accounts.Refused as refused:
            raise ValidationError(str(refused)) from None
        if field.data == self.current.data:
            raise ValidationError("Choose another password than the one that you have now.")
