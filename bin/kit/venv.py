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
from kit.places import ROOT, VENV
from kit.say import step, stop

PYTHON = VENV / "bin" / "python"
_INCLUDES = {"requirements.txt": ["requirements-dev.txt"]}  # a lock that holds all of another one


def enter(lock: str) -> None:
    """Return inside `.venv` with everything of the lock installed; from outside, start the script again in there."""
    inside = Path(sys.prefix) == VENV
    with _one_at_a_time():
        if not inside and not _works():
            _make()
        if not is_installed(lock):
            step(f"Installing what {lock} names into .venv (the first time takes a minute or two)")
            pip_install(lock)
    if not inside:
        sys.stdout.flush()
        os.execv(PYTHON, [str(PYTHON), *sys.argv])


def is_installed(lock: str) -> bool:
    return any(
        stamps.is_fresh(_stamp(name), stamps.digest([ROOT / name]))
        for name in [lock, *_INCLUDES.get(lock, [])]
    )


def pip_install(lock: str) -> None:
    """Install exactly the lock, each file checked against its hash."""
    command = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*command, "--require-hashes", "-r", ROOT / lock], check=False)
    if done.returncode != 0:
        stop(
            f"pip could not install {lock} (its own words stand above): see to the network, then run this again."
        )
    stamps.set_stamp(_stamp(lock), stamps.digest([ROOT / lock]))


def _stamp(lock: str) -> Path:
    return VENV / f".installed-{lock}"


def _works() -> bool:
    """Whether .venv is there, is of this Python, and has a pip."""
    if not PYTHON.exists():
        return False
    question = f"import sys, pip; sys.exit(sys.version_info[:2] != {sys.version_info[:2]!r})"
    return subprocess.run([PYTHON, "-c", question], capture_output=True, check=False).returncode == 0


def _make() -> None:
    step(f"Making .venv with Python {sys.version_info[0]}.{sys.version_info[1]}")
    done = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", VENV], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        stop(
            "Python could not make a virtual environment: install its venv module "
            f"(on Debian and Ubuntu: apt install python{sys.version_info[0]}.{sys.version_info[1]}-venv) and run this again."
        )


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Two scripts started together must not install into one .venv at once."""
    (ROOT / "var").mkdir(exist_ok=True)
    with (ROOT / "var" / "setup.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
