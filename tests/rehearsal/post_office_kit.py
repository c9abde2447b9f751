"""What the tests of the post office share: a return path's server, and a way to hand over one message."""

import smtplib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope, Session

from rehearsal import PostOffice

RETURN_PATH = "b-1@returns.example.org"
MESSAGE = (
    b"From: Riverside Surgery <flu@riverside.example.org>\r\nTo: someone@example.org\r\nSubject: Your flu jab\r\n"
    b"Message-ID: <77@riverside.example.org>\r\n\r\nPlease come on Saturday.\r\n"
)


@dataclass
class ReturnsServer:
    """Stands for the return path's server. `answers` are given first, one per report, then 250."""

    answers: list[str] = field(default_factory=list)
    taken: list[tuple[str, str, bytes]] = field(default_factory=list)
    port: int = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.answers:
            return self.answers.pop(0)
        assert envelope.mail_from is not None
        assert isinstance(envelope.original_content, bytes)
        self.taken.append((envelope.mail_from, envelope.rcpt_tos[0], envelope.original_content))
        return "250 2.0.0 taken"

    def reports(self) -> list[EmailMessage]:
        return [message_from_bytes(content, policy=policy.default) for _, _, content in self.taken]


def wait_for(true: Callable[[], object], seconds: float = 60.0) -> None:
    """Return once `true()` is, or fail. The bound is for a machine that is busy with much else."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def hand_over(
    office: PostOffice,
    recipient: str,
    *,
    sender: str = RETURN_PATH,
    content: bytes = MESSAGE,
    mail: tuple[str, ...] = (),
    rcpt: tuple[str, ...] = (),
) -> tuple[int, str]:
    """Send one message on a connection of its own; the code and words of the answer that decided."""
    with smtplib.SMTP("127.0.0.1", office.smtp_port, local_hostname="client", timeout=60) as client:
        client.ehlo()
        for step in (
            lambda: client.mail(sender, mail),
            lambda: client.rcpt(recipient, rcpt),
            lambda: client.data(content),
        ):
            try:
                code, words = step()
            except smtplib.SMTPDataError as error:
                code, words = error.smtp_code, error.smtp_error
            if code >= 400:
                break
        return code, words.decode() if isinstance(words, bytes) else words
