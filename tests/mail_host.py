"""A smart host that says what a test tells it to: one thread per connection, on a free loopback port."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from messaging.config import SmartHost
from tests.servers import LOOPBACK

CLOSE = "close"  # hang up without a word
SILENCE = "silence"  # say nothing more, and keep the line open
TCP_ESTABLISHED = 1
FEATURES = ("PIPELINING", "DSN", "ENHANCEDSTATUSCODES")

Answer = Callable[[str], str]


@dataclass
class Taken:
    """A message that was accepted, with the commands of its envelope as they came."""

    mail: str
    rcpts: list[str]
    content: bytes

    @property
    def to(self) -> str:
        return self.rcpts[0].partition("<")[2].partition(">")[0]


@dataclass
class MailHost:
    """`answers` by verb (GREETING, EHLO, MAIL, RCPT, DATA, CONTENT …), called with its argument: "" is the usual."""

    features: tuple[str, ...] = FEATURES
    answers: dict[str, Answer] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    taken: list[Taken] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    connections: int = 0
    open_now: int = 0
    most_open: int = 0
    came_ahead: int = 0  # messages behind which the next envelope stood already when they were answered

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._sockets: dict[socket.socket, None] = {}  # the oldest first
        self._listener = socket.create_server((LOOPBACK, 0), backlog=256)
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._listen, daemon=True).start()

    def as_smart_host(self, **options: object) -> SmartHost:
        return SmartHost(LOOPBACK, self.port, **{"starttls": False, **options})  # type: ignore[arg-type]

    def always(self, verb: str, reply: str) -> None:
        self.answers[verb] = lambda _argument: reply

    def once(self, verb: str, reply: str, times: int = 1) -> None:
        left = iter([reply] * times)
        self.answers[verb] = lambda _argument: next(left, "")

    @property
    def recipients(self) -> list[str]:
        return sorted(taken.to for taken in self.taken)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # else the thread that waits in accept() takes one more
        self._listener.close()
        self.drop_all()

    def drop_all(self) -> None:
        """Hang up on everybody at once, on who came first first."""
        with self._lock:
            for connection in self._sockets:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with self._lock:
            self._sockets[connection] = None
            self.connections += 1
            self.open_now += 1
            self.most_open = max(self.most_open, sum(map(_is_held, self._sockets)))
        talk = _Talk(self, connection)
        try:
            talk.go_on()
        except (OSError, EOFError):
            pass
        finally:
            talk.file.close()
            talk.connection.close()
            with self._lock:
                del self._sockets[connection]
                self.open_now -= 1
            connection.close()

    def note_ahead(self) -> None:
        with self._lock:
            self.came_ahead += 1

    def answer(self, verb: str, argument: str, usual: str) -> str:
        with self._lock:
            self.commands.append(f"{verb} {argument}".strip())
            decide = self.answers.get(verb)
        return (decide(argument) if decide else "") or usual


def _is_held(connection: socket.socket) -> bool:
    """Whether its client still has it; our own thread may be slower to see that it has not."""
    try:
        return connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == TCP_ESTABLISHED
    except OSError:  # closed by us as well
        return False


class _Talk:
    def __init__(self, host: MailHost, connection: socket.socket) -> None:
        self.host = host
        self.connection = connection
        self.file = connection.makefile("rb")
        self.mail = ""
        self.rcpts: list[str] = []

    def go_on(self) -> None:
        self._say(self.host.answer("GREETING", "", "220 mail.example ESMTP"))
        while line := self.file.readline():
            text = line.decode("latin-1").rstrip("\r\n")
            verb, _, argument = text.partition(" ")
            if not self._command(verb.upper(), argument):
                return

    def _command(self, verb: str, argument: str) -> bool:
        usual = {
            "EHLO": "\n".join(["250-mail.example", *(f"250-{name}" for name in self.host.features), "250 HELP"]),
            "RCPT": "250 2.1.5 ok" if self.mail else "503 5.5.1 MAIL first",
            "DATA": "354 go on" if self.rcpts else "503 5.5.1 nobody to send it to",
            "QUIT": "221 bye",
            "STARTTLS": "220 ready",
        }.get(verb, "250 2.0.0 ok")
        reply = self.host.answer(verb, argument, usual)
        accepted = reply.startswith("2")
        if verb in ("EHLO", "RSET") or (verb == "MAIL" and accepted):
            self.mail, self.rcpts = (argument if verb == "MAIL" else ""), []
        if verb == "RCPT" and accepted:
            self.rcpts.append(argument)
        self._say(reply)
        if verb == "STARTTLS" and accepted and self.host.tls:
            self.connection = self.host.tls.wrap_socket(self.connection, server_side=True)
            self.file = self.connection.makefile("rb")
        if verb == "DATA" and reply.startswith("354"):
            self._content()
        return verb != "QUIT" and not reply.startswith("421")

    def _content(self) -> None:
        lines = []
        while (line := self.file.readline()) != b".\r\n":
            if not line:
                raise EOFError
            lines.append(line[1:] if line.startswith(b".") else line)
        taken = Taken(self.mail, self.rcpts, b"".join(lines))
        if self._is_more_there():
            self.host.note_ahead()
        reply = self.host.answer(
            "CONTENT",
            taken.to if taken.rcpts else "",
            "250 2.0.0 Ok: queued as 4F" if self.rcpts else "554 5.5.1 nobody",
        )
        if reply.startswith("2"):
            self.host.taken.append(taken)
        self.mail, self.rcpts = "", []
        self._say(reply)
        if reply.startswith("421"):
            raise EOFError

    def _is_more_there(self) -> bool:
        self.connection.setblocking(False)
        try:
            return bool(self.file.peek(1))
        except OSError:
            return False
        finally:
            self.connection.setblocking(True)

    def _say(self, reply: str) -> None:
        if reply == CLOSE:
            raise EOFError
        if reply == SILENCE:
            while self.connection.recv(4096):
                pass
            raise EOFError
        self.connection.sendall(reply.replace("\n", "\r\n").encode() + b"\r\n")


@contextlib.contextmanager
def mail_host(**options: object) -> Iterator[MailHost]:
    host = MailHost(**options)  # type: ignore[arg-type]
    try:
        yield host
    finally:
        host.close()
