"""A mailbox on loopback that speaks as much IMAP (RFC 9051, with RFC 3501's UNSEEN) as a reader of reports needs.

It answers as the grammar allows and not as one client expects: untagged words of others in between, attributes on
both sides of a literal, upper and lower case.
"""

import re
import socketserver
import threading
from dataclasses import dataclass, field
from typing import Any

PASSWORD = 'a "pass\\word" for tests'
_COMMAND = re.compile(rb"(\S+) (UID \S+|\S+) ?(.*)", re.DOTALL | re.IGNORECASE)


@dataclass
class Mail:
    uid: int
    raw: bytes
    flags: set[str] = field(default_factory=set)


@dataclass
class Mailbox:
    """Folders of mails. `hangs_up_before` names a command at which the connection is lost, once."""

    folders: dict[str, list[Mail]] = field(default_factory=lambda: {"INBOX": [], "Read reports": []})
    validity: int = 1
    can_move: bool = True
    hangs_up_before: str = ""
    fetched: list[int] = field(default_factory=list)
    sign_ins: int = 0

    def add(self, raw: bytes) -> Mail:
        mails = self.folders["INBOX"]
        mail = Mail(1 + sum(map(len, self.folders.values())), raw)
        mails.append(mail)
        return mail


class ImapServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, mailbox: Mailbox) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.mailbox = mailbox
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def url(self, folder: str = "INBOX", options: str = "") -> str:
        password = "a%20%22pass%5Cword%22%20for%20tests"
        host, port = self.server_address[:2]
        return f"imap://returns:{password}@{host!s}:{port}/{folder}?starttls=off{options}"


class _Conversation(socketserver.StreamRequestHandler):
    server: ImapServer
    folder = ""

    def handle(self) -> None:
        self.mailbox = self.server.mailbox
        self.say("* OK [CAPABILITY IMAP4rev1 IMAP4rev2] ready")
        while line := self.rfile.readline():
            tag, command, rest = _match(line)
            if self.mailbox.hangs_up_before == command:
                self.mailbox.hangs_up_before = ""
                return
            answer = getattr(self, "do_" + command.replace(" ", "_").lower(), None)
            self.say(f"{tag} {answer(rest) if answer else 'BAD unknown command'}")
            if command == "LOGOUT":
                return

    def say(self, line: str | bytes) -> None:
        self.wfile.write((line if isinstance(line, bytes) else line.encode()) + b"\r\n")

    def do_capability(self, _: str) -> str:
        self.say("* CAPABILITY IMAP4rev1 " + ("MOVE" if self.mailbox.can_move else "IDLE"))
        return "OK done"

    def do_login(self, rest: str) -> str:
        self.mailbox.sign_ins += 1
        quoted = PASSWORD.replace("\\", "\\\\").replace('"', '\\"')
        return "OK welcome" if rest.split(" ", 1)[1] == f'"{quoted}"' else "NO [AUTHENTICATIONFAILED] no"

    def do_select(self, rest: str) -> str:
        if rest.strip('"') not in self.mailbox.folders:
            return "NO no such folder"
        self.folder = rest.strip('"')
        self.say(f"* {len(self.mails)} EXISTS")
        self.say(r"* FLAGS (\Seen \Deleted)")
        self.say(f"* OK [UIDVALIDITY {self.mailbox.validity}] valid")
        return "OK [READ-WRITE] selected"

    @property
    def mails(self) -> list[Mail]:
        return self.mailbox.folders[self.folder]

    def do_uid_search(self, rest: str) -> str:
        assert rest == "UNSEEN UNDELETED"
        found = [str(mail.uid) for mail in self.mails if not mail.flags & {"\\Seen", "\\Deleted"}]
        self.say(" ".join(["* SEARCH", *found]))
        return "OK searched"

    def do_uid_fetch(self, rest: str) -> str:
        asked = re.fullmatch(r"(\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", rest)
        assert asked, rest
        self.say("* 99 EXISTS")
        for number, mail in enumerate(self.mails, 1):
            if mail.uid == int(asked[1]):
                self.mailbox.fetched.append(mail.uid)
                octets = mail.raw[: int(asked[2])]
                head = f"* {number} FETCH (FLAGS () UID {mail.uid} BODY[]<0> {{{len(octets)}}}\r\n".encode()
                self.say(head + octets + b" MODSEQ (7))")
        return "OK fetched"

    def do_uid_store(self, rest: str) -> str:
        uid, _, flags = rest.split(" ", 2)
        for mail in self.mails:
            if mail.uid == int(uid):
                mail.flags |= set(flags.strip("()").split())
        return "OK stored"

    def do_uid_copy(self, rest: str) -> str:
        uid, folder = rest.split(" ", 1)
        if folder.strip('"') not in self.mailbox.folders:
            return "NO [TRYCREATE] no such folder"
        self.mailbox.folders[folder.strip('"')] += [mail for mail in self.mails if mail.uid == int(uid)]
        return "OK copied"

    def do_uid_move(self, rest: str) -> str:
        answer = self.do_uid_copy(rest)
        if answer.startswith("OK"):
            uid = int(rest.split()[0])
            self.mails[:] = [mail for mail in self.mails if mail.uid != uid]
        return answer

    def do_expunge(self, _: str) -> str:
        self.mails[:] = [mail for mail in self.mails if "\\Deleted" not in mail.flags]
        return "OK expunged"

    def do_logout(self, _: str) -> str:
        self.say("* BYE bye")
        return "OK bye"


def _match(line: bytes) -> tuple[str, str, str]:
    found: Any = _COMMAND.match(line.rstrip(b"\r\n"))
    return found[1].decode(), found[2].decode().upper(), found[3].decode()
