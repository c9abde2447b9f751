"""The mail servers that sides of benchmarks/send.py send to: on loopback, each in a process of its own."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from servers import free_port, wait_port

ROOT = Path(__file__).resolve().parents[1]
LOOPBACK = "127.0.0.1"
TOOLS = f"{os.environ.get('PATH', os.defpath)}{os.pathsep}/usr/sbin"


@contextlib.contextmanager
def sink(lag: float = 0.0, round_trip: float = 0.0) -> Iterator[int]:
    """One that accepts everything: its port. Postfix’s smtp-sink where there is one.

    `lag` seconds pass before it says that it has a message; `round_trip` seconds pass on the way there and back.
    """
    port = free_port()
    program = None if lag else shutil.which("smtp-sink", path=TOOLS)
    if program:
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        command = [program, "-4", "-m", "1000", *user, f"{LOOPBACK}:{port}", "1024"]
    else:
        command = [sys.executable, "-m", "benchmarks._sink", str(port), str(lag)]
    with _running(command, port):
        if not round_trip:
            yield port
            return
        entrance = free_port()
        each_way = str(round_trip / 2)
        with _running([sys.executable, "-m", "benchmarks._relay", str(entrance), str(port), each_way], entrance):
            yield entrance


@contextlib.contextmanager
def _running(command: list[str], port: int) -> Iterator[None]:
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_port(port)
        yield
    finally:
        process.terminate()
        process.wait(5)
