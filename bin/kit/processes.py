"""Our processes under honcho: started together, and when one ends all end, with nothing left behind."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from honcho import manager as honcho
from honcho.printer import Message
from honcho.process import Popen, Process

from kit.lifeline import end_with_parent
from kit.sweep import sweep

PATIENCE_SECONDS = 25  # to finish in; a message may be on its way to a slow mail server
honcho.KILL_WAIT = PATIENCE_SECONDS


class _Process(Process):  # type: ignore[misc]
    """One of ours, and honcho's own helper that reads what it says: neither outlives us."""

    def __init__(self, *words: Any, **options: Any) -> None:
        super().__init__(*words, **options)
        self._child_ctor = partial(Popen, preexec_fn=end_with_parent)

    def run(self, *words: Any, **options: Any) -> None:
        end_with_parent(signal.SIGKILL)  # the helper turns a deaf ear to the others
        super().run(*words, **options)


class Processes(honcho.Manager):  # type: ignore[misc]
    """honcho's manager, with an attendant: a thread that looks after what honcho did not start."""

    def __init__(self, attendant: Callable[["Processes"], None]) -> None:
        super().__init__()
        self._process_ctor = _Process
        self._attendant = attendant
        self._asked_to_stop = False
        self._failed = False

    def run(self) -> int:
        """Run until a signal, or until one of the processes ends. 0 when we were asked to stop."""
        try:
            self.loop()
        except (OSError, KeyError):  # nobody reads us any more; a signal before all had started
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - for the rest of this process
        finally:
            self.kill()
        return 0 if self._asked_to_stop and not self._failed else 1

    def say(self, text: str) -> None:
        """Print these lines among those of the processes."""
        for line in text.splitlines():
            event = Message(type="line", data=line + "\n", time=self._clock.now(), name="postround", colour=None)
            self.events.put(event)

    def fail(self, sentence: str) -> None:
        """Stop everything because of something that honcho does not see."""
        self._failed = True
        self.say(sentence)
        self.terminate()

    def terminate(self) -> None:
        if not self._any_stopped():
            self._asked_to_stop = True
        if not self._terminating:
            timer = threading.Timer(PATIENCE_SECONDS, self.kill)  # honcho waits for ever when none has stopped
            timer.daemon = True
            timer.start()
        super().terminate()

    def kill(self) -> None:
        """End also what has left the process groups that honcho ends, and would keep their output open."""
        started = self._processes.values()
        sweep(
            leaders=[entry["pid"] for entry in started if entry.get("pid")],
            parents=[entry["process"].pid for entry in started if entry.get("process")],
        )

    def _start(self) -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # what the children inherit: a closed terminal is for us
        super()._start()
        signal.signal(signal.SIGHUP, self._hang_up)
        threading.Thread(target=self._attendant, args=[self], daemon=True).start()

    def _hang_up(self, _number: int, _frame: object) -> None:
        self.terminate()
