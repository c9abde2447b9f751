"""Commands for the administrator: `flask --app webapp …`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask import Flask
from flask_security.utils import hash_password, verify_password

from messaging import accounts
from messaging.config import settings
from messaging.models import Role

COMMAND_LINE = "command line"
REHEARSAL_ODS = "Y99999"
REHEARSAL_EMAIL = "manager@surgery.example"


def init_app(app: Flask) -> None:
    for command in (create_practice, create_user, set_password, set_batch_messaging, rehearse_setup):
        app.cli.add_command(command)


@click.command("create-practice")
@click.argument("ods_code")
@click.argument("name")
@click.option("--from-address", required=True, help="The address that patients see.")
@click.option("--reply-to", default="", help="Where patients’ answers go, if not to the from-address.")
def create_practice(ods_code: str, name: str, from_address: str, reply_to: str) -> None:
    """Make a practice, known by its ODS code."""
    with _sentences():
        made = accounts.create_practice(ods_code, name, from_address, reply_to, by=COMMAND_LINE)
    click.echo(f"Made {made.name} ({made.ods_code}). Next: create-user {made.ods_code} EMAIL --role manager")


@click.command("create-user")
@click.argument("ods_code")
@click.argument("email")
@click.option("--name", default="", help="As colleagues see it.")
@click.option("--role", type=click.Choice([role.value for role in Role]), default=Role.MANAGER.value)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input; else one is made.")
def create_user(ods_code: str, email: str, name: str, role: str, password_stdin: bool) -> None:
    """Add a person to a practice, and print the password that was made for them: they choose another with it."""
    password = sys.stdin.readline().rstrip("\n") if password_stdin else accounts.new_password()
    with _sentences():
        accounts.check_password(password)
        practice = accounts.find_practice(ods_code)
        accounts.add_person(
            practice,
            email,
            name,
            Role(role),
            hash_password(password),
            by=COMMAND_LINE,
            for_once=not password_stdin,
        )
    click.echo(f"{email} can sign in." if password_stdin else f"{email} can sign in with the password {password}")


@click.command("set-password")
@click.argument("email")
def set_password(email: str) -> None:
    """Give a person a new password for once, and print it. They are signed out everywhere."""
    password = accounts.new_password()
    with _sentences():
        accounts.set_password(accounts.find_person(email), hash_password(password), by=COMMAND_LINE, for_once=True)
    click.echo(f"{email} can sign in with the password {password}")


@click.command("set-batch-messaging")
@click.argument("ods_code")
@click.argument("state", type=click.Choice(["on", "off"]))
def set_batch_messaging(ods_code: str, state: str) -> None:
    """Switch the paid feature on or off for a practice."""
    with _sentences():
        practice = accounts.find_practice(ods_code)
        accounts.set_batch_messaging(practice, state == "on", by=COMMAND_LINE)
    click.echo(f"Batch messaging is {state} for {practice.name}.")


@click.command("rehearse-setup")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input; else one is made.")
def rehearse_setup(password_stdin: bool) -> None:
    """Make the demo practice of a rehearsal, once, and print how to sign in there."""
    if not settings().is_rehearsal:
        raise click.ClickException("SMTP_URL is set, so this is not a rehearsal: use create-practice and create-user.")
    password = sys.stdin.readline().rstrip("\n") if password_stdin else accounts.new_password()
    with _sentences():
        _demo_practice(password)
    click.echo(f"Sign in as {REHEARSAL_EMAIL} with the password {password}")


def _demo_practice(password: str) -> None:
    try:
        practice = accounts.find_practice(REHEARSAL_ODS)
    except accounts.Refused:
        practice = accounts.create_practice(
            REHEARSAL_ODS, "Riverside Surgery", "messages@surgery.example", "reception@surgery.example", by=COMMAND_LINE
        )
    try:
        manager = accounts.find_person(REHEARSAL_EMAIL)
    except accounts.Refused:
        hashed = hash_password(password)
        accounts.add_person(practice, REHEARSAL_EMAIL, "Alex Manager", Role.MANAGER, hashed, by=COMMAND_LINE)
        return
    if not verify_password(password, manager.password):
        accounts.set_password(manager, hash_password(password), by=COMMAND_LINE)


@contextmanager
def _sentences() -> Iterator[None]:
    """A refusal ends the command with its sentence and exit code 1."""
    try:
        yield
    except accounts.Refused as refused:
        raise click.ClickException(str(refused)) from None
