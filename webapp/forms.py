"""The bridge from a WTForms field to the NHS macro that shows it, and the base of our forms."""

from typing import Any

from flask import current_app
from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import Field

MACROS = {  # a field's type: the macro's folder and its name
    "StringField": ("input", "input"),
    "EmailField": ("input", "input"),
    "TelField": ("input", "input"),
    "IntegerField": ("input", "input"),
    "SearchField": ("input", "input"),
    "PasswordField": ("password-input", "passwordInput"),
    "TextAreaField": ("textarea", "textarea"),
    "SelectField": ("select", "select"),
    "RadioField": ("radios", "radios"),
    "SelectMultipleField": ("checkboxes", "checkboxes"),
    "BooleanField": ("checkboxes", "checkboxes"),
    "FileField": ("file-upload", "fileUpload"),
}
INPUT_TYPES = {"EmailField": "email", "TelField": "tel", "SearchField": "search"}
NEVER_SENT_BACK = ("FileField", "PasswordField")


class Form(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """A form whose every text is trimmed before it is checked."""

    class Meta:
        def bind_field(self, form: Any, unbound_field: Any, options: dict[str, Any]) -> Any:
            if unbound_field.field_class.__name__ in ("StringField", "EmailField", "TelField", "SearchField"):
                options = {**options, "filters": [*(unbound_field.kwargs.get("filters") or []), _trim]}
            return unbound_field.bind(form=form, **options)


def _trim(value: str | None) -> str | None:
    return value.strip() if isinstance(value, str) else value


def nhsuk_errors(form: FlaskForm) -> list[dict[str, str]]:
    """For the error summary: the first mistake of each field, linked to the field."""
    return [{"text": str(field.errors[0]), "href": f"#{field.id}"} for field in form if field.errors]


def nhsuk_field(field: Field, **extra: Any) -> Markup:
    """The field with its label, hint, mistake and value. `extra` are parameters of the macro, which win."""
    folder, macro = MACROS[field.type]
    params = {**_parameters(field), **extra}
    module = current_app.jinja_env.get_template(f"nhsuk/components/{folder}/macro.jinja").module
    shown = getattr(module, macro)(params)  # has escaped its texts
    return Markup(shown)  # noqa: S704  # nosec B704


def _parameters(field: Field) -> dict[str, Any]:
    params: dict[str, Any] = {"name": field.name}
    if field.description:
        params["hint"] = {"text": str(field.description)}
    if field.errors:
        params["errorMessage"] = {"text": str(field.errors[0])}
    label = str(field.label.text)
    if field.type in ("RadioField", "SelectMultipleField"):
        choices = [{"value": c[0], "text": str(c[1]), "checked": bool(c[2])} for c in field.iter_choices()]
        return {
            **params,
            "idPrefix": field.id,
            "fieldset": {"legend": {"text": label, "size": "s"}},
            "items": choices,
        }
    if field.type == "BooleanField":
        return {
            **params,
            "idPrefix": field.id,
            "items": [{"value": "y", "text": label, "checked": bool(field.data)}],
        }
    params |= {"id": field.id, "label": {"text": label}}
    if field.render_kw and "autocomplete" in field.render_kw:
        params["autocomplete"] = field.render_kw["autocomplete"]
    if field.type == "SelectField":
        params["items"] = [{"value": c[0], "text": str(c[1]), "selected": bool(c[2])} for c in field.iter_choices()]
    elif field.type not in NEVER_SENT_BACK:
        params["value"] = "" if field.data is None else field._value()
    if field.type in INPUT_TYPES:
        params["type"] = INPUT_TYPES[field.type]
    return params
