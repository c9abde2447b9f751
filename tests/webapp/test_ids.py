"""Numbers that are no number of anything, wherever a browser can give one: never a fault of ours."""

from collections.abc import Callable

import pytest
from databases import BOTH
from flask import Flask, g

from messaging import batches
from messaging.models import User
from tests.cast import Cast
from tests.webapp.browser import Browser

NO_NUMBERS = [str(2**31), str(2**63), "9" * 5_000]


@BOTH
@pytest.mark.parametrize("number", NO_NUMBERS, ids=len)
def test_it_answers_for_a_number_that_no_table_can_hold(
    app: Flask, cast: Cast, sign_in: Callable[[User], Browser], number: str
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    draft = f"/batches/{batches.create_draft(cast.riverside, cast.alice).id}"
    client = sign_in(cast.alice).client

    def answer(method: str, address: str, **data: str) -> int:
        g.pop("_login_user", None)
        return client.open(address, method=method, data=data).status_code

    for address in (
        f"/batches/{number}",
        f"/batches/{number}/failed",
        f"/people/{number}",
        f"/reports-not-understood/{number}",
        f"{draft}/patients/{number}",
        f"{draft}/message/preview?patient={number}",
    ):
        assert answer("GET", address) == 404, address
    assert answer("GET", f"{draft}/check?patient={number}") == 302
    assert answer("POST", f"{draft}/review/concerns/duplicate", decision="keep", patient=number) == 400
    assert answer("POST", f"{draft}/failed/dealt-with", patient=number) == 422
    assert answer("POST", f"{draft}/test", patient=number) == 422
    assert answer("POST", f"{draft}/approval", send="later", day=number, month="1", year=number, time="9am") == 422
