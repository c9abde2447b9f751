"""How the scripts talk: short lines of progress, and one sentence when they must stop."""

import sys
from typing import NoReturn


class Stop(SystemExit):
    """Ends a script with one sentence that says what is wrong and how to mend it."""


def step(text: str) -> None:
    print(f"· {text}", flush=True)


def stop(sentence: str) -> NoReturn:
    """End the script with exit code 1 and this sentence on standard error."""
    sys.stdout.flush()
    raise Stop(sentence)
