"""Workers as real processes, for tests."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass
class Processes:
    """`environ` is all that they are told. Ended by their own ids."""

    environ: dict[str, str]
    folder: Path
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, module: str = "worker") -> subprocess.Popen[bytes]:
        with (self.folder / f"{module}-{len(self.running)}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module], cwd=ROOT, env=self.environ, stdout=log, stderr=subprocess.STDOUT
            )
        self.running.append(process)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        process.send_signal(signal.SIGKILL)
        process.wait(60)

    def logs(self) -> str:
        return "\n".join(f"== {log.name}\n{log.read_text()[-3000:]}" for log in sorted(self.folder.glob("*.log")))


@contextlib.contextmanager
def processes(folder: Path, **environ: str) -> Iterator[Processes]:
    started = Processes({**os.environ, "PYTHONUNBUFFERED": "1", **environ}, folder)
    try:
        yield started
    finally:
        for process in started.running:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in started.running:
            try:
                process.wait(25)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(60)
