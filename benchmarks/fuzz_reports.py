"""Long fuzzing of the report reader: no crash, no run over a second, no answer out of bounds.

python benchmarks/fuzz_reports.py [SECONDS]      default 600

Guided by coverage where atheris is installed; else our own samples are mutated by a seeded generator.
The message that broke a promise is kept as fuzz-failure.eml.
"""

from __future__ import annotations

import contextlib
import importlib.util
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
GUIDED = importlib.util.find_spec("atheris") is not None
if GUIDED:
    import atheris

with atheris.instrument_imports() if GUIDED else contextlib.nullcontext():
    from bounce_listener.report import read_report

FOLDER = ROOT / "tests" / "reports"
SEED = 20_261_124


def check(raw: bytes) -> None:
    """Reads one message. Raises AssertionError, with the message kept, when a promise is broken."""
    started = time.perf_counter()
    report = read_report(raw)
    took = time.perf_counter() - started
    if report.reader == "fault" or took >= 1 or len(report.recipients) > 1_000 or len(report.text) > 64 << 10:
        Path("fuzz-failure.eml").write_bytes(raw)
        raise AssertionError(f"{report.reader}, {took:.2f} s: see fuzz-failure.eml")


def mutated(samples: list[bytes], chance: random.Random) -> bytes:
    """A sample with up to twenty pieces changed, left out, repeated or taken from another sample."""
    raw = bytearray(chance.choice(samples))
    for _ in range(chance.randint(1, 20)):
        at = chance.randrange(len(raw) + 1)
        other = chance.choice(samples)
        start = chance.randrange(len(other))
        piece = other[start : start + chance.randint(1, 400)]
        match chance.randrange(5):
            case 0:
                raw[at:at] = bytes(chance.randrange(256) for _ in range(chance.randint(1, 8)))
            case 1:
                del raw[at : at + chance.randint(1, 80)]
            case 2:
                raw[at:at] = piece
            case 3:
                raw[at:at] = piece[:20] * chance.randint(1, 2_000)
            case _:
                raw[at : at + len(piece)] = piece
    return bytes(raw)


def by_mutation(seconds: float) -> None:
    """Until the time is up; prints what was done."""
    samples = [path.read_bytes() for path in sorted(FOLDER.glob("*.eml"))]
    chance, runs, until = random.Random(SEED), 0, time.monotonic() + seconds
    while time.monotonic() < until:
        check(mutated(samples, chance))
        runs += 1
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{runs} messages, no fault, peak {peak:.0f} MiB for the whole process")


def by_coverage(seconds: float) -> None:
    """libFuzzer prints what was done; its finds go to a folder that is thrown away."""
    with tempfile.TemporaryDirectory() as finds:
        atheris.Setup([sys.argv[0], f"-max_total_time={int(seconds)}", "-max_len=65536", finds, str(FOLDER)], check)
        atheris.Fuzz()


if __name__ == "__main__":
    how_long = float(sys.argv[1]) if len(sys.argv) > 1 else 600
    (by_coverage if GUIDED else by_mutation)(how_long)
