"""Which Python runs us. Written so that any Python 3.6 or newer can read it, and say that it is not enough."""

import os
import subprocess
import sys

SUPPORTED = ((3, 12), (3, 11))


def require(version=sys.version_info[:2]):  # type: ignore[no-untyped-def]
    """Return when this Python will do; else start the script again under one that will, or stop and say so."""
    if version in SUPPORTED:
        return
    for wanted in SUPPORTED:
        for folder in os.get_exec_path():
            path = os.path.join(folder, "python{}.{}".format(*wanted))
            if answers_as(path, wanted):  # type: ignore[no-untyped-call]
                os.execv(path, [path, *sys.argv])
    sys.exit(
        "Postround needs Python 3.11 or 3.12, and this is {}.{}: install python3.12 (with its venv module) "
        "and run this again.".format(*version)
    )


def answers_as(path, version):  # type: ignore[no-untyped-def]
    """Whether the program at `path` really is that Python: a version manager's shim may only promise it."""
    question = "import sys; sys.exit(sys.version_info[:2] != ({}, {}))".format(*version)
    try:
        return subprocess.call([path, "-c", question], stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False
