"""What is done with practices and the people who work for them. Each deed is written down with who did it."""

import secrets
import uuid

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from messaging import audit
from messaging.db import db, transaction
from messaging.models import Organisation, Role, User, WhenInDoubt

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 128  # hashing is dear: nobody shall make us hash a book
EASY = frozenset({"password1234", "passwordpassword", "123456789012", "qwertyuiop12", "letmeinletmein"})
TAKEN = "Somebody signs in with that email address already."
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look alike
LONGEST_NAME = 200


class Refused(ValueError):
    """A sentence for the person who asked."""


def create_practice(ods_code: str, name: str, from_address: str, reply_to: str = "", *, by: User | str) -> Organisation:
    """Raises Refused for an ODS code that is taken, and for addresses that are not."""
    code = ods_code.strip().upper()
    if not (code.isascii() and code.isalnum() and 3 <= len(code) <= 12):
        raise Refused("An ODS code is 3 to 12 letters and digits, for example A81001.")
    if not name.strip():
        raise Refused("Enter the name of the practice.")
    if len(name.strip()) > LONGEST_NAME:
        raise Refused(f"The name of a practice is {LONGEST_NAME} characters at most.")
    practice = Organisation(
        ods_code=code,
        name=name.strip(),
        from_address=own_address(from_address),
        reply_to=own_address(reply_to) if reply_to.strip() else "",
    )
    with transaction():
        if db.session.scalar(select(Organisation.id).where(Organisation.ods_code == code)):
            raise Refused(f"There is a practice with the ODS code {code} already.")
        db.session.add(practice)
        db.session.flush()
        audit.record(by, "practice made", practice, organisation_id=practice.id)
    return practice


def find_practice(ods_code: str) -> Organisation:
    """Raises Refused when there is none."""
    code = ods_code.strip().upper()
    practice = db.session.scalar(select(Organisation).where(Organisation.ods_code == code))
    if practice is None:
        raise Refused(f"There is no practice with the ODS code {code}.")
    return practice


def find_person(email: str) -> User:
    """Raises Refused when there is none."""
    person = db.session.scalar(select(User).where(func.lower(User.email) == email.strip().lower()))
    if person is None:
        raise Refused("Nobody signs in with that email address.")
    return person


def add_person(
    practice: Organisation,
    email: str,
    name: str,
    role: Role,
    password_hash: str,
    *,
    by: User | str,
    for_once: bool = False,
) -> User:
    """`for_once`: their first deed will be to choose a password of their own.

    Raises Refused when the address is not one, or somebody signs in with it already.
    """
    person = User(
        organisation_id=practice.id,
        email=own_address(email).lower(),
        name=name.strip(),
        role=role,
        password=password_hash,
        must_choose_password=for_once,
        fs_uniquifier=uuid.uuid4().hex,
    )
    try:
        with transaction():
            if db.session.scalar(select(User.id).where(func.lower(User.email) == person.email)):
                raise Refused(TAKEN)
            db.session.add(person)
            db.session.flush()
            audit.record(by, "person added", person, organisation_id=practice.id, role=role.value)
    except IntegrityError:  # somebody was a moment faster
        raise Refused(TAKEN) from None
    return person


def set_role(person: User, role: Role, *, by: User | str) -> None:
    """Raises Refused when nobody would be left to manage the practice."""
    with transaction():
        _keep_a_manager(person, stays=role is Role.MANAGER)
        person.role = role
        audit.record(by, "role set", person, organisation_id=person.organisation_id, role=role.value)


def set_active(person: User, active: bool, *, by: User | str) -> None:
    """Raises Refused when nobody would be left to manage the practice. Whoever may not sign in is out at once."""
    with transaction():
        _keep_a_manager(person, stays=active)
        person.active = active
        _end_sessions(person)
        deed = "person activated" if active else "person deactivated"
        audit.record(by, deed, person, organisation_id=person.organisation_id)


def set_password(person: User, password_hash: str, *, by: User | str, for_once: bool = False) -> None:
    """Ends the person’s sessions everywhere. `for_once` as add_person() says."""
    with transaction():
        person.password = password_hash
        person.must_choose_password = for_once
        _end_sessions(person)
        audit.record(by, "password set", person, organisation_id=person.organisation_id)


def change_settings(
    practice: Organisation, *, name: str, from_address: str, reply_to: str, when_in_doubt: WhenInDoubt, by: User
) -> list[str]:
    """Answers the names of what changed."""
    wanted = {"name": name, "from_address": from_address, "reply_to": reply_to, "when_in_doubt": when_in_doubt}
    with transaction():
        changed = [column for column, value in wanted.items() if getattr(practice, column) != value]
        for column in changed:
            setattr(practice, column, wanted[column])
        if changed:
            audit.record(by, "settings changed", practice, organisation_id=practice.id, changed=changed)
    return changed


def set_batch_messaging(practice: Organisation, on: bool, *, by: User | str) -> None:
    with transaction():
        practice.has_batch_messaging = on
        audit.record(by, "batch messaging switched", practice, organisation_id=practice.id, on=on)


def people(practice: Organisation) -> list[User]:
    """Those who may sign in first, then by name."""
    order = (User.active.desc(), func.lower(User.name), User.email)
    return list(db.session.scalars(select(User).where(User.organisation_id == practice.id).order_by(*order)))


def new_password() -> str:
    """Four groups of four, to be read out once: 78 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


def check_password(password: str) -> None:
    """Raises Refused. Length counts, not odd characters (NCSC and NIST advice)."""
    if len(password) < SHORTEST_PASSWORD:
        raise Refused(f"Use at least {SHORTEST_PASSWORD} characters. Three random words make a good password.")
    if len(password) > LONGEST_PASSWORD:
        raise Refused(f"Use at most {LONGEST_PASSWORD} characters.")
    if password.lower() in EASY or len(set(password)) < 4:
        raise Refused("That password is too easy to guess. Three random words make a good password.")


def own_address(address: str) -> str:
    """An address of staff or of the practice, in ASCII as every mail system takes it. Raises Refused."""
    try:
        checked = validate_email(
            address.strip(), check_deliverability=False, test_environment=True, allow_smtputf8=False
        )
    except EmailNotValidError:
        raise Refused("Enter an email address in the right form, for example name@example.nhs.uk.") from None
    return checked.ascii_email or checked.normalized


def _keep_a_manager(person: User, *, stays: bool) -> None:
    """Two who would take the last manager away at the same time come one after the other."""
    db.session.execute(select(Organisation.id).where(Organisation.id == person.organisation_id).with_for_update())
    db.session.refresh(person)
    if stays or not (person.role is Role.MANAGER and person.active):
        return
    others = select(func.count(User.id)).where(
        User.organisation_id == person.organisation_id,
        User.role == Role.MANAGER,
        User.active,
        User.id != person.id,
    )
    if not db.session.scalar(others):
        raise Refused("A practice needs at least one manager who can sign in: make somebody else a manager first.")


def _end_sessions(person: User) -> None:
    person.fs_uniquifier = uuid.uuid4().hex
