"""How long the pages of a batch take, what watching costs the sending, and how long an approval takes, by size.

    bin/bench page [--rounds 40] [--seconds 20] [--pairs 3] [--patients 30000] [--database sqlite --database postgres]

Over HTTP from the real web process, signed in. Three batches that are half way through are asked for in turn, so that
the machine's noise hits all sizes alike. *First*: nobody has looked, so everything is counted before the answer.
*Cold*: one watcher at the pace of the page, for whom the second in which figures are kept is always over. *As polled*:
at the rate of 50 watchers. Then a batch runs through the real worker to a local sink, with 50 managers who have its
page open and without, in turn; and drafts are approved.
"""

import argparse
import json
import math
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event, select, update

from benchmarks._browser import Answer, Browser, Watchers
from benchmarks._machine import cpu_seconds, machine
from benchmarks._world import KINDS, World, world
from messaging import queue
from messaging.db import db, transaction, utcnow
from messaging.models import Batch, BatchStatus

SIZES = (1_000, 10_000, 100_000)
WATCHERS = 50
PACE = 3.0  # seconds from poll to poll while a batch is being sent
REACH = {"growth": 1.5, "queries": 3, "slower": 0.10, "click_seconds": 2.0}
GIVE_UP_SECONDS = 600


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=40, help="first and cold requests of each page and size")
    arguments.add_argument("--seconds", type=float, default=20, help="of polling of each page and size")
    arguments.add_argument("--pairs", type=int, default=3, help="batches with watchers, and as many without")
    arguments.add_argument("--patients", type=int, default=30_000, help="of each such batch")
    arguments.add_argument("--database", choices=KINDS, action="append")
    given = arguments.parse_args()
    print(machine())
    found: dict[str, Any] = {"figure": "page"}
    for kind in given.database or KINDS:
        with world(kind) as here:
            here.sign_in(WATCHERS)
            found[kind] = {
                **compare_sizes(here, given.rounds, given.seconds),
                **compare_watching(here, given.pairs, given.patients),
                **approve(here),
            }
    print(json.dumps({**found, "reach": REACH}))


def compare_sizes(here: World, rounds: int, seconds: float) -> dict[str, Any]:
    ids = {size: here.make_batch(size, BatchStatus.SENDING) for size in SIZES}
    found: dict[str, Any] = {}
    print(
        f"\n{here.kind:<9} {'page':<8} {'':<10} {'patients':>9} {'median':>10} {'p99':>10} {'growth':>7} {'queries':>8}"
    )
    for page, ending in (("live", "/live"), ("details", "")):
        counts = _count_queries(here, ids, ending)
        paths = {size: f"/batches/{id_}{ending}" for size, id_ in ids.items()}
        for manner, pause, times in (
            ("first", 0.0, rounds),
            ("cold", PACE, rounds),
            ("as polled", PACE / WATCHERS, int(seconds * WATCHERS / PACE)),
        ):
            forget = ids if manner == "first" else {}
            taken = _asked_every(pause, times, here.managers, paths, forget)
            medians = {size: statistics.median(taken[size]) for size in SIZES}
            for size in SIZES:
                growth, queries = medians[size] / medians[SIZES[0]], counts[manner][size]
                print(
                    f"{'':<9} {page:<8} {manner:<10} {size:>9,} {medians[size] * 1e3:>7.1f} ms "
                    f"{_p99(taken[size]) * 1e3:>7.1f} ms {growth:>7.2f} {queries:>8}",
                    flush=True,
                )
            found[f"{page} {manner}".replace(" ", "_")] = {
                "median_ms": [round(medians[size] * 1e3, 2) for size in SIZES],
                "p99_ms": [round(_p99(taken[size]) * 1e3, 2) for size in SIZES],
                "growth": round(medians[SIZES[-1]] / medians[SIZES[0]], 2),
                "queries": max(counts[manner].values()),
            }
    return found


def _asked_every(
    pause: float, times: int, browsers: list[Browser], paths: dict[int, str], forget: dict[int, int]
) -> dict[int, list[float]]:
    """Each size once in so many seconds, all at equal distances. A live partial is asked for where it says."""
    taken: dict[int, list[float]] = {size: [] for size in paths}
    paths = dict(paths)
    due = time.monotonic()
    for number in range(-1, times):
        for browser, size in zip(browsers, paths, strict=False):
            if forget:
                _forget(forget[size])
            due += pause / len(paths)
            time.sleep(max(0.0, due - time.monotonic()))
            answer = browser.get(paths[size], part="/live" in paths[size])
            assert answer.status in (200, 204), answer.status
            if number >= 0:  # the first time is to warm up
                taken[size].append(answer.seconds)
            if "/live" in paths[size] and answer.asks_again and not forget:
                paths[size] = answer.asks_again[0]
    return taken


def _forget(batch_id: int) -> None:
    """What the web process keeps is kept for a state, so another state is cold."""
    with transaction():
        db.session.execute(update(Batch).where(Batch.id == batch_id).values(held_at=utcnow()))


def _count_queries(here: World, ids: dict[int, int], ending: str) -> dict[str, dict[int, int]]:
    """In this process, with the same session, and with what follows the answer: first, when old, and at once again."""
    counts: dict[str, dict[int, int]] = {"first": {}, "cold": {}, "as polled": {}}

    def ask() -> None:  # in a thread, which has no context of ours that requests would share
        client = here.app.test_client()
        for name, value in here.managers[0].cookies.items():
            client.set_cookie(name, value, domain="localhost")
        for size, id_ in ids.items():
            for manner in counts:
                time.sleep(PACE if manner == "cold" else 0)
                with _statements(engine) as statements:
                    assert client.get(f"/batches/{id_}{ending}", buffered=True).status_code == 200
                counts[manner][size] = len(statements)

    engine = db.engine
    for id_ in ids.values():
        _forget(id_)
    asking = threading.Thread(target=ask)
    asking.start()
    asking.join()
    return counts


@contextmanager
def _statements(engine: Engine) -> Iterator[list[str]]:
    """Those sent to the database meanwhile; BEGIN is not a query."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            found.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


def _p99(values: list[float]) -> float:
    return sorted(values)[math.ceil(len(values) * 0.99) - 1]


def compare_watching(here: World, pairs: int, patients: int) -> dict[str, Any]:
    here.stack.start("worker")
    _run(here, 1_000, watched=False)  # everybody is up, and has a connection
    slower: list[float] = []
    cpu: list[float] = []
    rates: dict[bool, list[float]] = {True: [], False: []}
    answers: list[Answer] = []
    print(
        f"\n{here.kind:<9} {patients:,} patients a batch {'alone':>12} {'watched':>10} {'slower':>8} {'CPU/answer':>11}"
    )
    for pair in range(pairs):
        for watched in (True, False) if pair % 2 else (False, True):
            before = cpu_seconds(here.web)
            rate, seen = _run(here, patients, watched=watched)
            rates[watched].append(rate)
            if watched:
                answers += seen
                cpu.append((cpu_seconds(here.web) - before) / len(seen))
        slower.append(1 - rates[True][-1] / rates[False][-1])
        print(
            f"{'':<34} {rates[False][-1]:>8.0f}/s {rates[True][-1]:>8.0f}/s {slower[-1]:>8.1%} "
            f"{cpu[-1] * 1e3:>8.1f} ms",
            flush=True,
        )
    times = [answer.seconds for answer in answers]
    print(
        f"{'':<9} median {statistics.median(slower):.1%} slower; {WATCHERS} watchers got {len(times)} answers, "
        f"median {statistics.median(times) * 1e3:.1f} ms, p99 {_p99(times) * 1e3:.1f} ms"
    )
    return {
        "watchers": WATCHERS,
        "alone_per_second": round(statistics.median(rates[False])),
        "watched_per_second": round(statistics.median(rates[True])),
        "slower": round(statistics.median(slower), 3),
        "slower_each": [round(part, 3) for part in slower],
        "cpu_ms_per_answer": round(statistics.median(cpu) * 1e3, 2),
    }


def _run(here: World, patients: int, *, watched: bool) -> tuple[float, list[Answer]]:
    """Patients a second from the start of the batch to its end, and what the watchers were answered meanwhile.

    They have had the page open for a while when it starts.
    """
    id_ = here.make_batch(patients, BatchStatus.SCHEDULED)
    with Watchers(here.managers if watched else [], f"/batches/{id_}") as watchers:
        time.sleep(PACE + 1)
        queue.enqueue(queue.START_BATCH, id_)
        done = _wait(id_, Batch.done_at)
    return patients / (done.done_at - done.started_at).total_seconds(), watchers.answers


def _wait(batch_id: int, moment: Any) -> Any:
    """Its row, once that moment has come."""
    deadline = time.monotonic() + GIVE_UP_SECONDS
    while time.monotonic() < deadline:
        batch = db.session.execute(
            select(Batch.started_at, Batch.done_at, Batch.messages_made_at, moment).where(Batch.id == batch_id)
        ).one()
        db.session.rollback()
        if batch[-1] is not None:
            return batch
        time.sleep(0.1)
    raise TimeoutError(f"batch {batch_id} after {GIVE_UP_SECONDS} s")


def approve(here: World) -> dict[str, Any]:
    """The worker runs. The batch is stopped once its messages are made, so as not to wait for the last."""
    browser = here.managers[0]
    found: dict[str, Any] = {"click_seconds": [], "made_seconds": [], "stop_seconds": []}
    print(
        f"\n{here.kind:<9} {'approving':>9} {'click':>9} {'all made':>9} {'stopping':>9}   what the page said meanwhile"
    )
    for size in SIZES:
        id_ = here.make_batch(size, BatchStatus.DRAFT)
        page = browser.get(f"/batches/{id_}/check")
        form = {name: page.field(name) for name in ("csrf_token", "seal")}
        click = browser.post(f"/batches/{id_}/approval", send="now", **form)
        assert click.status == 302, click.status
        began, said = time.monotonic(), []
        made = None
        while made is None:
            said.append(_sentence(browser.get(f"/batches/{id_}/live").body))
            made = db.session.scalar(select(Batch.messages_made_at).where(Batch.id == id_))
            db.session.rollback()
            time.sleep(0.1)
        seconds = time.monotonic() - began
        stopping = browser.post(f"/batches/{id_}/stopping", csrf_token=form["csrf_token"])
        print(
            f"{'':<9} {size:>9,} {click.seconds:>7.2f} s {seconds:>7.1f} s {stopping.seconds:>7.2f} s   "
            + " → ".join(dict.fromkeys(said)),
            flush=True,
        )
        found["click_seconds"].append(round(click.seconds, 3))
        found["made_seconds"].append(round(seconds, 2))
        found["stop_seconds"].append(round(stopping.seconds, 2))
    return found


def _sentence(body: str) -> str:
    return body.partition("<span data-as-written>")[2].partition("</span>")[0]


if __name__ == "__main__":
    main()
