from typing import Any

from sqlalchemy import select

from messaging import suppressions
from messaging.db import db
from messaging.models import Suppression
from tests.databases import BOTH


@BOTH
def test_an_address_is_suppressed_once_and_the_last_word_counts(cast: Any) -> None:
    suppressions.suppress(cast.riverside.id, "Ann@Example.org", "mailbox_closed", None)
    first = db.session.scalars(select(Suppression)).one().since
    suppressions.suppress(cast.riverside.id, "ann@example.org", "no_such_mailbox", None)
    db.session.expire_all()
    (row,) = db.session.scalars(select(Suppression))
    assert (row.email, row.reason) == ("ann@example.org", "no_such_mailbox")
    assert row.since > first


@BOTH
def test_the_same_address_twice_in_one_set_is_one_suppression(cast: Any) -> None:
    row = {"organisation_id": cast.riverside.id, "email": "ann@example.org", "message_id": None}
    suppressions.suppress_many([{**row, "reason": "mailbox_closed"}, {**row, "reason": "no_such_domain"}])
    assert db.session.scalars(select(Suppression)).one().reason == "no_such_domain"


@BOTH
def test_it_finds_those_of_a_long_list_by_the_address_as_the_list_writes_it(cast: Any) -> None:
    for name in ("Ann", "bob"):
        suppressions.suppress(cast.riverside.id, f"{name}@example.org", "no_such_mailbox", None)
    suppressions.suppress(cast.hilltop.id, "carol@example.org", "no_such_mailbox", None)
    given = [f"patient{number}@example.org" for number in range(1_200)]
    found = suppressions.among(cast.riverside.id, [*given, "ANN@example.org", "bob@example.org", "carol@example.org"])
    assert {given: row.email for given, row in found.items()} == {
        "ANN@example.org": "ann@example.org",
        "bob@example.org": "bob@example.org",
    }
