"""Who appears in the tests.

alice manages Riverside, bob sends there, nina may only look; charlie manages Hilltop and must never see Riverside's.
"""

from dataclasses import dataclass

from messaging.db import db, transaction
from messaging.models import Organisation, Role, User

KEY = "a key for tests, long enough"


@dataclass(frozen=True)
class Cast:
    riverside: Organisation
    hilltop: Organisation
    alice: User
    bob: User
    nina: User
    charlie: User


def make_cast(password: str = "not a real hash") -> Cast:
    """`password` is stored as it is: give a hash for a test that signs in."""
    with transaction():
        riverside = Organisation(name="Riverside Surgery", ods_code="Y12345", from_address="riverside@example.org")
        hilltop = Organisation(name="Hilltop Practice", ods_code="Y54321", from_address="hilltop@example.org")
        db.session.add_all([riverside, hilltop])
        db.session.flush()

        def person(name: str, organisation: Organisation, role: Role) -> User:
            user = User(
                name=name.title(),
                email=f"{name}@example.org",
                organisation_id=organisation.id,
                role=role,
                password=password,
                fs_uniquifier=name,
            )
            db.session.add(user)
            return user

        cast = Cast(
            riverside,
            hilltop,
            alice=person("alice", riverside, Role.MANAGER),
            bob=person("bob", riverside, Role.SENDER),
            nina=person("nina", riverside, Role.VIEWER),
            charlie=person("charlie", hilltop, Role.MANAGER),
        )
    return cast
