"""The clock: it outlives its database, and gives the living a round to speak when that is back."""

import threading

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from messaging import delivery
from worker import schedule


def test_after_an_outage_of_the_database_the_first_sweep_leaves_out_the_leases(
    base_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopping, swept = threading.Event(), []

    def sweep(*, leases_count: bool) -> None:
        swept.append(leases_count)
        if len(swept) in (2, 3):
            raise OperationalError("", {}, Exception("away"))
        if len(swept) == 5:
            stopping.set()

    monkeypatch.setattr(delivery, "sweep", sweep)
    monkeypatch.setattr(schedule, "EVERY_SECONDS", 0)
    schedule.sweep_until(stopping)
    assert swept == [True, True, False, False, True]
