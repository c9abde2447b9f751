"""Practices and people: addresses that mail can leave from, and a practice that never loses its last manager."""

import threading

import pytest
from databases import BOTH
from flask import Flask
from sqlalchemy import func, select

from messaging import accounts
from messaging.accounts import Refused
from messaging.db import db, transaction
from messaging.models import Role, User
from tests.cast import Cast


def test_an_address_of_the_practice_is_one_that_every_mail_system_takes() -> None:
    assert accounts.own_address(" Flu@Practice.example.nhs.uk ") == "Flu@practice.example.nhs.uk"
    assert accounts.own_address("info@münchen.example") == "info@xn--mnchen-3ya.example"
    with pytest.raises(Refused):
        accounts.own_address("müller@practice.example")


@BOTH
def test_two_managers_who_demote_each_other_at_once_leave_one(base_app: Flask, cast: Cast) -> None:
    with transaction():
        cast.bob.role = Role.MANAGER
    refused: list[str] = []
    at_once = threading.Barrier(2)

    def demote(user_id: int) -> None:
        with base_app.app_context():
            person = db.session.get_one(User, user_id)
            at_once.wait()
            try:
                accounts.set_role(person, Role.VIEWER, by="test")
            except Refused as error:
                refused.append(str(error))

    both = [threading.Thread(target=demote, args=[person.id]) for person in (cast.alice, cast.bob)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(refused) == 1
    managers = select(func.count(User.id)).where(User.organisation_id == cast.riverside.id, User.role == Role.MANAGER)
    assert db.session.scalar(managers) == 1
