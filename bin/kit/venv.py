"""The virtual environment: made, filled from a lock, entered."""

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from kit import stamps
from kit.places import ROOT, VAR, VENV
from kit.python import SUPPORTED
from kit.say import step, stop

PYTHON = VENV / "bin" / "python"
_HELD_BY = {  # the locks that hold all of a lock
    "requirements.txt": ["requirements-dev.txt", "requirements-bench.txt"],
    "requirements-dev.txt": ["requirements-bench.txt"],
}


def enter(lock: str) -> None:
    """Return inside `.venv` with all of the lock installed; from outside, start the script again in there."""
    if Path(sys.prefix) != VENV:
        with _one_at_a_time():
            if not _works():
                _make()
        sys.stdout.flush()
        os.execv(PYTHON, [str(PYTHON), *sys.argv])
    add(lock)
    sys.path.insert(0, str(ROOT))  # our own packages are not installed


def add(lock: str) -> None:
    """Install the lock into the `.venv` that we are in, unless it is."""
    with _one_at_a_time():
        if not _is_installed(lock):
            step(f"Installing what {lock} names into .venv (the first time takes a minute or two)")
            pip_install(lock)
            stamps.set_stamp(_stamp(lock), stamps.digest([ROOT / lock]))


def _is_installed(lock: str) -> bool:
    return any(stamps.is_fresh(_stamp(name), stamps.digest([ROOT / name])) for name in [lock, *_HELD_BY.get(lock, [])])


def pip_install(lock: str, target: Path | None = None) -> None:
    """Install exactly the lock, each file checked against its hash: into this Python, or into a folder of its own."""
    command = [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    where = ["--target", str(target)] if target else []
    done = subprocess.run([*command, *where, "--require-hashes", "-r", str(ROOT / lock)], check=False)
    if done.returncode != 0:
        stop(f"pip could not install {lock} (its words stand above): see to the network and run this again.")


def _stamp(lock: str) -> Path:
    return VENV / f".installed-{lock}"


def _works() -> bool:
    """Whether .venv is there, is of a Python that will do, and has a pip."""
    if not PYTHON.exists():
        return False
    question = f"import sys, pip; sys.exit(sys.version_info[:2] not in {SUPPORTED!r})"
    return subprocess.run([PYTHON, "-c", question], capture_output=True, check=False).returncode == 0


def _make() -> None:
    step(f"Making .venv with Python {sys.version_info[0]}.{sys.version_info[1]}")
    done = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        stop(
            "Python could not make a virtual environment: install its venv module (on Debian and Ubuntu: "
            f"apt install python{sys.version_info[0]}.{sys.version_info[1]}-venv) and run this again."
        )


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Two scripts started together must not install into one .venv at once."""
    VAR.mkdir(exist_ok=True)
    with (VAR / "setup.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
