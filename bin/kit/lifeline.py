"""On Linux, what we start also ends when we are killed outright (out of memory, say) and can end nothing."""

import ctypes
import signal
import sys

PR_SET_PDEATHSIG = 1  # prctl(2): the signal that the kernel sends us when our parent dies
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def end_with_parent(number: int = signal.SIGTERM) -> None:
    """Called in the child. Its own children need a call of their own."""
    if _libc:
        _libc.prctl(PR_SET_PDEATHSIG, int(number))
