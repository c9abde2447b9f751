"""Things break while a batch is sent; each journey ends with a ledger of every accepted patient."""

import resource
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fault_kit import BACK_WITHIN_SECONDS, CONNECTIONS, PostgresControl, Scene, scene, slowly
from sqlalchemy.exc import SQLAlchemyError

from messaging import holds
from messaging.db import db
from messaging.models import Batch, BatchStatus
from tests.databases import BOTH
from tests.mail_host import CLOSE, SILENCE
from tests.servers import database, postgres, wait_until

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def stage(tmp_path: Path, database_url: str) -> Iterator[Scene]:
    with scene(tmp_path, database_url) as made:
        yield made


@BOTH
def test_workers_killed_again_and_again_lose_nothing(stage: Scene) -> None:
    """Two workers and two schedulers at once; workers die again and again, and others come."""
    stage.host.answers["CONTENT"] = slowly(0.002)
    for module in ("worker.schedule", "worker.schedule"):
        stage.workers.start(module)
    alive = [stage.workers.start(), stage.workers.start()]
    batch = stage.approve(2_000)
    kills = 0
    for count in range(200, 1_800, 400):
        stage.wait_for(count)
        stage.workers.kill(alive.pop(0))
        kills += 1
        alive.append(stage.workers.start())
    stage.wait_for_the_end(batch)
    ledger = stage.check(batch, 2_000, doubled_at_most=kills * CONNECTIONS)
    assert ledger.by_status == {"sent": 2_000}
    assert kills == 4


@BOTH
def test_every_worker_killed_at_once_is_made_good_by_the_next(stage: Scene) -> None:
    stage.host.answers["CONTENT"] = slowly(0.005)
    workers = [stage.workers.start() for _ in range(2)]
    batch = stage.approve(1_000)
    stage.wait_for(300)
    for worker in workers:
        stage.workers.kill(worker)
    began = time.monotonic()
    stage.workers.start()
    stage.workers.start("worker.schedule")
    stage.wait_for_the_end(batch)
    print(f"all sent {time.monotonic() - began:.0f} s after a worker came back")
    stage.check(batch, 1_000, doubled_at_most=2 * CONNECTIONS)


@BOTH
def test_redis_emptied_and_killed_delays_and_loses_nothing(stage: Scene) -> None:
    stage.host.answers["CONTENT"] = slowly(0.004)
    stage.workers.start("worker.schedule")
    for _ in range(2):
        stage.workers.start()
    batch = stage.approve(3_000)
    stage.wait_for(300)
    stage.app.extensions["postround_redis"].flushall()
    stage.wait_for(800)
    stage.redis.kill()
    waiting = stage.approve(20, "bob")  # nobody can be told
    time.sleep(3)
    stage.redis.start()
    for sent in (batch, waiting):
        wait_until(lambda sent=sent: _ended(sent), BACK_WITHIN_SECONDS, "the end")
    ledger = stage.ledger(batch)
    print(f"ledger: {ledger}")
    assert ledger.by_status == {"sent": 3_000}
    assert stage.ledger(waiting).by_status == {"sent": 20}
    assert (ledger.lost, ledger.doubled, len(stage.host.taken)) == (set(), 0, 3_020)


def test_postgresql_stopped_and_started_loses_nothing(tmp_path: Path) -> None:
    with postgres() as server, database(server) as url:
        control = PostgresControl(server)
        with scene(tmp_path, url) as stage:
            stage.host.answers["CONTENT"] = slowly(0.004)
            stage.workers.start("worker.schedule")
            for _ in range(2):
                stage.workers.start()
            batch = stage.approve(2_000)
            stage.wait_for(400)
            control.stop()
            time.sleep(4)
            control.start()
            wait_until(_answers, what="PostgreSQL")
            stage.wait_for_the_end(batch)
            stage.check(batch, 2_000, doubled_at_most=2 * CONNECTIONS)


def test_a_full_disk_stops_sending_and_loses_nothing(tmp_path: Path) -> None:
    """Beyond the size that its files may have, nothing can be written: the worker waits, and goes on by itself."""
    with scene(tmp_path, f"sqlite:///{tmp_path / 'postround.db'}") as stage:
        stage.host.answers["CONTENT"] = slowly(0.004)
        stage.workers.start("worker.schedule")
        worker = stage.workers.start()
        batch = stage.approve(1_500)
        stage.wait_for(300)
        unlimited = resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
        held = wait_until(lambda: _steady(stage), what="an end of the sending")
        assert held < 1_500
        time.sleep(4)
        assert len(stage.host.taken) == held, "nothing leaves that cannot be written down"
        assert worker.poll() is None
        resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, unlimited)
        stage.wait_for_the_end(batch)
        ledger = stage.check(batch, 1_500, doubled_at_most=0)
        assert ledger.by_status == {"sent": 1_500}


@pytest.mark.parametrize(
    ("fault", "doubled"),
    [
        (("MAIL", "421 4.3.2 going down"), 0),
        (("RCPT", CLOSE), 0),
        (("DATA", CLOSE), 0),
        (("CONTENT", CLOSE), 0),
        (("MAIL", SILENCE), 0),
        (("GREETING", "554 5.7.1 you are on our list"), 0),
    ],
    ids=["goodbye", "closing-at-rcpt", "closing-at-data", "closing-after-the-dot", "hanging", "refusing"],
)
def test_a_smart_host_that_fails_for_a_while_gets_every_message(
    tmp_path: Path, database_url: str, fault: tuple[str, str], doubled: int
) -> None:
    """It does so for five seconds in the middle of the batch, and is well again after that."""
    with scene(tmp_path, database_url, SMTP_TIMEOUT_SECONDS="2") as stage:
        stage.host.answers["EHLO"] = slowly(0.0)
        stage.workers.start("worker.schedule")
        stage.workers.start()
        batch = stage.approve(1_000)
        stage.wait_for(200)
        stage.host.always(*fault)
        stage.host.drop_all()
        time.sleep(5)
        stage.host.answers.clear()
        wait_until(lambda: _go_on(stage, batch), BACK_WITHIN_SECONDS, f"the end ({stage.ledger(batch)})")
        stage.check(batch, 1_000, doubled_at_most=CONNECTIONS + doubled)


def _steady(stage: Scene) -> int:
    """How many the smart host took, once a second brings no more; else 0."""
    before = len(stage.host.taken)
    time.sleep(1)
    return before if len(stage.host.taken) == before else 0


def _go_on(stage: Scene, batch: Batch) -> bool:
    """What was held is tried again by a person, what was put off is hurried; both may happen at any time."""
    if _ended(batch):
        return True
    holds.release(batch, "alice")
    stage.hurry(batch)
    time.sleep(1)
    return False


def _ended(batch: Batch) -> bool:
    db.session.rollback()
    db.session.refresh(batch)
    return batch.status is BatchStatus.DONE


def _answers() -> bool:
    try:
        db.session.rollback()
        db.session.connection()
        db.session.rollback()
    except SQLAlchemyError:
        return False
    return True
