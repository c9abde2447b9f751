"""Which Python runs us. This module alone must still be readable by an old `python3`, so that it can say so."""

import os
import shutil
import subprocess
import sys

SUPPORTED = ((3, 12), (3, 11))


def require(version=None):
    """Return when this Python will do; else start the script again under one that does, or stop with a sentence."""
    version = tuple(version or sys.version_info[:2])
    if version in SUPPORTED:
        return
    for candidate in SUPPORTED:
        path = shutil.which("python%d.%d" % candidate)
        if path and answers_as(path, candidate):
            os.execv(path, [path] + sys.argv)
    sys.exit(
        "Postround needs Python 3.11 or 3.12, and this is %d.%d: install python3.12 (with its venv module) "
        "and run this again." % version
    )


def answers_as(path, version):
    """Whether the program at `path` really is that Python (a version manager's shim may only promise it)."""
    question = "import sys; sys.exit(sys.version_info[:2] != (%d, %d))" % version
    try:
        return subprocess.call([path, "-c", question], stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False
