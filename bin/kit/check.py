"""The checks of `bin/check`: each a command, or a few, that must all succeed."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from kit import venv
from kit.places import ROOT

PYTHON = [sys.executable, "-m"]
PACKAGES = ("messaging", "webapp", "worker", "bounce_listener", "rehearsal")
FLASK = [*PYTHON, "flask", "--app", "webapp"]

CHECKS: dict[str, list[list[str]]] = {
    "style": [[*PYTHON, "ruff", "check", "."]],
    "format": [[*PYTHON, "ruff", "format", "--check", "."]],
    "types": [[*PYTHON, "mypy"]],
    "who may import whom": [[sys.executable, "-c", "from importlinter.cli import lint_imports_command as m; m()"]],
    "security habits": [
        [
            *PYTHON,
            "bandit",
            "--configfile",
            "pyproject.toml",
            "--quiet",
            "--recursive",
            "--severity-level",
            "medium",
            *PACKAGES,
        ]
    ],
    "migrations match the models": [[*FLASK, "db", "upgrade"], [*FLASK, "db", "check"]],
}
LONG: dict[str, list[list[str]]] = {"fuzzed reports": [[sys.executable, "benchmarks/fuzz_reports.py"]]}


def main(arguments: Sequence[str]) -> int:
    """Run them all, name each with its time, show the words of those that fail. 1 when one failed."""
    checks = CHECKS
    if "--long" in arguments:
        venv.add("requirements-fuzz.txt")
        checks = CHECKS | LONG
    failed = [name for name, commands in checks.items() if not _passes(name, commands)]
    print(
        f"{len(checks) - len(failed)} of {len(checks)} checks are clean"
        + "".join(f"; {name} is not" for name in failed)
    )
    return 1 if failed else 0


def _passes(name: str, commands: list[list[str]]) -> bool:
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="postround-check-") as folder:
        words = next(filter(None, (_run(command, Path(folder)) for command in commands)), "")
    print(f"{'✗' if words else '✓'} {name} ({time.monotonic() - start:.1f} s)", flush=True)
    if words:
        print(words, flush=True)
    return not words


def _run(command: list[str], folder: Path) -> str:
    """What the command said when it failed; nothing when it succeeded."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **_settings(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return "" if done.returncode == 0 else done.stdout.strip() or f"ended with {done.returncode} and no word"


def _settings(folder: Path) -> dict[str, str]:
    """A new database and nobody's secrets, for the commands that start the application."""
    made = {"DATA_DIR": str(folder), "DATABASE_URL": f"sqlite:///{folder / 'new.db'}"}
    return {**made, "SECRET_KEY": "k" * 32, "RETURN_PATH_KEYS": "k" * 32, "FLASK_SKIP_DOTENV": "1"}
