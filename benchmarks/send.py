"""How fast a batch leaves, beside others who send the same list to the same sink: `bin/bench send [--rounds 5]`.

Ours is whole: real worker processes, Redis, a durable database; the time runs from the first message that the sink
took to the last that the database calls handed over. The sides alternate; figures are medians. The sink shares the
machine's cores with whoever sends.
"""

import argparse
import contextlib
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks._machine import machine
from benchmarks._peers import LOOPBACK

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from servers import database, postgres, valkey  # noqa: E402
from sqlalchemy import func, insert, select  # noqa: E402
from worker_processes import processes  # noqa: E402

from benchmarks._hosts import TOOLS, sink  # noqa: E402
from benchmarks._peers import WORDS  # noqa: E402
from messaging import queue  # noqa: E402
from messaging.app import create_base_app  # noqa: E402
from messaging.config import Settings  # noqa: E402
from messaging.db import db, in_chunks, transaction, utcnow  # noqa: E402
from messaging.models import Batch, BatchStatus, Message, MessageStatus, Organisation, Recipient  # noqa: E402
from messaging.transitions import advance  # noqa: E402

KEY = "a-key-for-benchmarks-long-enough"
REACH_SMTPLIB, REACH_POST_OFFICE, REACH_IDEAL = 0.6, 3.0, 0.85
LAG_SECONDS, LAG_CONNECTIONS = 0.050, 20
ROUND_TRIP_SECONDS = 0.030
LOOP = "smtplib loop, 1 connection, messages ready"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--messages", type=int, default=4_000)
    arguments.add_argument("--quick", action="store_true", help="without the peers that need Django")
    given = arguments.parse_args()
    print(machine())
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(postgres())
        bench = Bench(given.messages, server, stack.enter_context(valkey()))
        rates = measure(bench, given.rounds, given.quick)
        workers = measure_workers(bench, given.rounds)
        lag = measure_lag(bench, given.rounds)
        far = measure_far(bench, given.rounds)
    report(bench, rates, workers, lag, far, given.rounds)


class Bench:
    """What the runs share, and what they found."""

    def __init__(self, messages: int, postgres_url: str, redis_url: str) -> None:
        self.messages = messages
        self.postgres_url = postgres_url
        self.redis_url = redis_url
        self.lost = self.doubled = 0

    def ours(
        self,
        kind: str,
        workers: int = 1,
        connections: int = 10,
        count: int = 0,
        **delays: float,
    ) -> float:
        """Messages a second, of a batch sent by real workers."""
        count = count or self.messages
        with tempfile.TemporaryDirectory() as folder, sink(**delays) as port, self._database(kind, Path(folder)) as url:
            environ = {
                "SECRET_KEY": KEY,
                "RETURN_PATH_KEYS": KEY,
                "RETURN_PATH_DOMAIN": "returns.surgery.example",
                "DATA_DIR": folder,
                "DATABASE_URL": url,
                "REDIS_URL": self.redis_url,
                "SMTP_URL": f"smtp://{LOOPBACK}:{port}?starttls=off",
                "SMTP_CONNECTIONS": str(connections),
            }
            with processes(Path(folder), **environ) as running:
                app = create_base_app(Settings.from_environment(running.environ))
                with app.app_context():
                    app.extensions["postround_redis"].flushall()
                    db.create_all()
                    batch_id = _make_batch(count)
                    for _ in range(workers):
                        running.start()
                    time.sleep(3)  # until they wait for work
                    took = self._run(batch_id, count)
                    db.session.remove()
                    db.engine.dispose()
                    app.extensions["postround_redis"].close()
        return count / took

    def peer(self, side: str, count: int, **delays: float) -> float:
        with tempfile.TemporaryDirectory() as folder, sink(**delays) as port:
            command = [sys.executable, "-m", "benchmarks._peers", side, str(count), str(port), folder]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
            if done.returncode:
                sys.exit(f"{side} failed:\n{done.stderr[-2000:]}")
            return count / float(done.stdout.split()[-1])

    def smtp_source(self, connections: int) -> float | None:
        program = shutil.which("smtp-source", path=TOOLS)
        if program is None:
            return None
        with sink() as port:
            count = self.messages
            options = ["-d", "-s", str(connections), "-m", str(count), "-l", "5120", "-f", "a@surgery.example"]
            began = time.perf_counter()
            subprocess.run([program, *options, "-t", "b@patients.example", f"{LOOPBACK}:{port}"], check=True)
            return count / (time.perf_counter() - began)

    @contextlib.contextmanager
    def _database(self, kind: str, folder: Path) -> Iterator[str]:
        if kind == "sqlite":
            yield f"sqlite:///{folder / 'postround.db'}"
        else:
            with database(self.postgres_url) as url:
                yield url

    def _run(self, batch_id: int, count: int) -> float:
        queue.enqueue(queue.START_BATCH, batch_id)
        began = None
        while True:
            db.session.rollback()
            status, sent = db.session.execute(
                select(
                    Batch.status,
                    select(func.min(Message.sent_at)).where(Message.batch_id == batch_id).scalar_subquery(),
                ).where(Batch.id == batch_id)
            ).one()
            began = began or sent
            if status is BatchStatus.DONE:
                break
            time.sleep(0.2)
        rows = db.session.execute(
            select(func.count(), func.max(Message.sent_at), func.sum(Message.attempts)).where(
                Message.batch_id == batch_id, Message.status == MessageStatus.SENT
            )
        ).one()
        self.lost += count - rows[0]
        self.doubled += rows[2] - rows[0]
        assert began is not None
        return float((rows[1] - began).total_seconds())


def _make_batch(count: int) -> int:
    with transaction():
        practice = Organisation(name="Riverside Surgery", ods_code="Y12345", from_address="practice@surgery.example")
        db.session.add(practice)
        db.session.flush()
        batch = Batch(organisation_id=practice.id, name="x", subject="Your annual review", body=WORDS)
        db.session.add(batch)
        db.session.flush()
        rows = [
            {
                "batch_id": batch.id,
                "row_number": number + 2,
                "nhs_number": "9434765919",
                "email": f"patient{number}@patients.example",
                "first_name": "Ann",
                "fields": {
                    "First Name": "Ann",
                    "NHS Number": "9434765919",
                    "Email": f"patient{number}@patients.example",
                },
            }
            for number in range(count)
        ]
        for chunk in in_chunks(rows, 5_000):
            db.session.execute(insert(Recipient), chunk)
        advance(Batch, BatchStatus.SCHEDULED, Batch.id == batch.id, scheduled_for=utcnow())
        return batch.id


def measure(bench: Bench, rounds: int, quick: bool) -> dict[str, list[float]]:
    """All sides, one after the other, again and again."""
    sides: dict[str, Callable[[], float | None]] = {
        LOOP: lambda: bench.peer("smtplib", bench.messages),
        "Postround, SQLite": lambda: bench.ours("sqlite"),
        "Postround, PostgreSQL": lambda: bench.ours("postgres"),
        "smtp-source, 10 connections": lambda: bench.smtp_source(10),
    }
    if not quick:
        sides["django-post-office"] = lambda: bench.peer("post_office", bench.messages // 2)
        sides["django-mailer"] = lambda: bench.peer("mailer", bench.messages // 10)
    return alternate(sides, rounds)


def alternate(sides: dict[str, Callable[[], float | None]], rounds: int) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds):
        for name, side in sides.items():
            rate = side()
            if rate is not None:
                found[name].append(rate)
                print(f"round {number + 1}: {name}: {rate:,.0f}/s", file=sys.stderr, flush=True)
    return {name: rates for name, rates in found.items() if rates}


def measure_workers(bench: Bench, rounds: int) -> dict[str, list[float]]:
    """Four times the messages: the second worker waits for its part of the connections, which is not what we ask."""
    count = 4 * bench.messages
    sides: dict[str, Callable[[], float | None]] = {
        "Postround, PostgreSQL, 1 worker, longer": lambda: bench.ours("postgres", count=count),
        "Postround, PostgreSQL, 2 workers, longer": lambda: bench.ours("postgres", workers=2, count=count),
        "Postround, PostgreSQL, 4 workers, longer": lambda: bench.ours("postgres", workers=4, count=count),
    }
    return alternate(sides, rounds)


def measure_lag(bench: Bench, rounds: int) -> list[float]:
    """Against a smart host that answers after a while; with 30 seconds' worth of messages at most."""
    count = int(10 * LAG_CONNECTIONS / LAG_SECONDS)
    return [bench.ours("postgres", connections=LAG_CONNECTIONS, lag=LAG_SECONDS, count=count) for _ in range(rounds)]


def measure_far(bench: Bench, rounds: int) -> dict[str, list[float]]:
    """To the same sink over a network that takes its time; few messages, because the loop waits four times for each."""
    far: Any = {"round_trip": ROUND_TRIP_SECONDS}
    sides: dict[str, Callable[[], float | None]] = {
        f"{LOOP}, far": lambda: bench.peer("smtplib", 40, **far),
        "Postround, SQLite, far": lambda: bench.ours("sqlite", count=1_000, **far),
        "Postround, PostgreSQL, far": lambda: bench.ours("postgres", count=1_000, **far),
    }
    return alternate(sides, rounds)


def table(rates: dict[str, list[float]]) -> dict[str, float]:
    """Prints the sides beside the first of them; answers their medians."""
    medians = {name: statistics.median(found) for name, found in rates.items()}
    base = next(iter(medians.values()))
    for name, found in rates.items():
        print(f"{name:<47}{medians[name]:>10,.0f}{min(found):>9,.0f}{max(found):>9,.0f}{medians[name] / base:>7.2f}")
    return medians


def report(
    bench: Bench,
    rates: dict[str, list[float]],
    workers: dict[str, list[float]],
    lag: list[float],
    far: dict[str, list[float]],
    rounds: int,
) -> None:
    print(f"\n{'':<47}{'a second':>10}{'lowest':>9}{'highest':>9}{'ratio':>7}")
    medians = table(rates)
    base = medians[LOOP]
    ideal = LAG_CONNECTIONS / LAG_SECONDS
    slow = statistics.median(lag)
    name = f"Postround, PostgreSQL, {LAG_SECONDS * 1000:.0f} ms, {LAG_CONNECTIONS} connections"
    print(f"{name:<47}{slow:>10,.0f}{min(lag):>9,.0f}{max(lag):>9,.0f}{slow / ideal:>7.2f} of the ideal {ideal:,.0f}")
    print("more workers, each beside one")
    one, two, _ = table(workers).values()
    print(f"far: {ROUND_TRIP_SECONDS * 1000:.0f} ms there and back")
    away = table(far)
    figures = {
        "figure": "send",
        "smtplib_ratio": round(min(medians["Postround, SQLite"], medians["Postround, PostgreSQL"]) / base, 2),
        "smtplib_ratio_reach": REACH_SMTPLIB,
        "sqlite_ratio": round(medians["Postround, SQLite"] / base, 2),
        "postgresql_ratio": round(medians["Postround, PostgreSQL"] / base, 2),
        "two_workers_ratio": round(two / one, 2),
        "ideal_ratio": round(slow / ideal, 2),
        "ideal_ratio_reach": REACH_IDEAL,
        "far_sqlite_ratio": round(away["Postround, SQLite, far"] / away[f"{LOOP}, far"], 1),
        "far_postgresql_ratio": round(away["Postround, PostgreSQL, far"] / away[f"{LOOP}, far"], 1),
        "lost": bench.lost,
        "doubled": bench.doubled,
        "rounds": rounds,
    }
    if "django-post-office" in medians:
        worst = min(medians["Postround, SQLite"], medians["Postround, PostgreSQL"])
        figures["post_office_ratio"] = round(worst / medians["django-post-office"], 2)
        figures["post_office_ratio_reach"] = REACH_POST_OFFICE
        figures["mailer_ratio"] = round(worst / medians["django-mailer"], 2)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
