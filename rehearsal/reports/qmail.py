"""Reports as qmail writes them. The words are our own."""

from rehearsal.reports.matter import OUTCOMES, Matter, headers, wire


def qmail(matter: Matter) -> bytes:
    """Plain text only: no machine part, no type; the message or its header is pasted under a line."""
    head, _, body = matter.raw.partition(b"\r\n\r\n")
    returned = head if matter.headers_only or matter.action != "failed" else head + b"\r\n\r\n" + body
    text = f"""
Hi. The qmail-send program at mail.{matter.domain} is writing to you.
I am sorry, but your message {OUTCOMES[matter.action]}.
This is a permanent error; I have given up.

<{matter.recipient}>:
{matter.diagnostic}

--- Below this line is a copy of the message.

"""
    return (
        headers(
            matter,
            [
                ("Date", matter.date),
                ("From", f"MAILER-DAEMON@mail.{matter.domain}"),
                ("To", matter.return_path),
                ("Subject", "failure notice"),
            ],
        )
        + wire(text).encode()
        + b"\r\nReturn-Path: <"
        + matter.return_path.encode()
        + b">\r\n"
        + returned.removesuffix(b"\r\n")
        + b"\r\n"
    )
