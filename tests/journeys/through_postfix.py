"""A practice whose smart host is a real Postfix, with all patients' mail systems behind it, for journeys."""

import contextlib
import csv
import itertools
import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from flask import Flask
from flask_migrate import upgrade

from messaging import accounts, batches
from messaging.config import Settings
from messaging.db import db
from messaging.models import Batch
from tests.journeys.stack import Stack
from tests.mta import Postfix, postfix
from tests.pretend_world import World, pretend_world
from tests.servers import wait_port, wait_until
from webapp import create_app

T = TypeVar("T")

ODS = "Y12345"
RETURNS = "returns.surgery.example"
PATIENTS = "patients.example"
UNKNOWN_DOMAIN = "no-such-domain.example"
SCRIPT = "a journey"
WORDS = "Dear ((first name)),\n\nyour flu jab is due.\n\nRiverside Surgery\n"


@dataclass
class Practice:
    """Its worker, schedule and bounce listener run; `mta` is its smart host and `world` is behind that."""

    stack: Stack
    app: Flask
    mta: Postfix
    world: World
    _numbers: Iterator[str] = field(default_factory=lambda: _nhs_numbers())

    def send(self, addresses: Collection[str]) -> int:
        """Approves a batch to them, each a patient of their own, as a script does; the batch's id."""
        patients, words = self.stack.folder / "flu.csv", self.stack.folder / "flu.txt"
        words.write_text(WORDS)
        with patients.open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["NHS Number", "First Name", "Email Address"])
            rows.writerows([next(self._numbers), address.partition(".")[0], address] for address in addresses)
        options = {"practice": ODS, "list": patients, "subject": "Your flu jab", "message-file": words}
        command = ["send-batch", "--json", *(f"--{name}={value}" for name, value in options.items())]
        done = self.app.test_cli_runner().invoke(args=command)
        told = json.loads(done.stdout)
        assert told["patients"] == len(addresses), done.stderr
        return int(told["batch"])

    def ask(self, batch_id: int, question: Callable[[Batch], T]) -> T:
        """What the database says of it now."""
        with self.app.app_context():
            return question(db.session.get_one(Batch, batch_id))

    def figures(self, batch_id: int) -> batches.Figures:
        return self.ask(batch_id, batches.figures)

    def wait_for(self, batch_id: int, question: Callable[[Batch], object], what: str) -> None:
        """Until the answer is true."""
        with _logs_on_failure(self.stack, self.mta):
            wait_until(lambda: self.ask(batch_id, question), 90, what)


@contextlib.contextmanager
def practice_behind_postfix(folder: Path, database_url: str, redis_url: str) -> Iterator[Practice]:
    stack = Stack(folder, database_url, redis_url, {"RETURN_PATH_DOMAIN": RETURNS})
    with (
        pretend_world() as world,
        postfix(world.port, {RETURNS: stack.bounces_port}, unknown=[UNKNOWN_DOMAIN]) as mta,
        contextlib.ExitStack() as at_the_end,
    ):
        stack.settings["SMTP_URL"] = mta.url
        app = create_app(Settings.from_environment(stack.environ))
        with app.app_context():
            at_the_end.callback(db.engine.dispose)
            upgrade()
            accounts.create_practice(ODS, "Riverside Surgery", "riverside@surgery.example", by=SCRIPT)
        at_the_end.callback(stack.stop_all)
        for name in ("bounces", "worker", "schedule"):
            stack.start(name)
        with _logs_on_failure(stack, mta):
            wait_port(stack.bounces_port)
        yield Practice(stack, app, mta, world)


@contextlib.contextmanager
def _logs_on_failure(stack: Stack, mta: Postfix) -> Iterator[None]:
    try:
        yield
    except BaseException:
        print(stack.logs(), "== Postfix", mta.log()[-4000:], sep="\n")
        raise


def _nhs_numbers() -> Iterator[str]:
    """Of patients who do not exist, each with its check digit (modulus 11)."""
    for digits in map(str, itertools.count(999_000_000)):
        check = 11 - sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=True)) % 11
        if check != 10:
            yield f"{digits}{check % 11}"
