"""One function per mail system: its shape, its headers and its habits. The words are our own."""

from collections.abc import Callable
from html import escape
from textwrap import fill

from rehearsal.reports.matter import (
    Matter,
    final_recipient,
    headers,
    multipart,
    returned_part,
    status_part,
    text_part,
    wire,
)

_OUTCOMES = {
    "failed": "could not be delivered",
    "delayed": "has not been delivered yet; delivery will be tried again",
    "delivered": "has been delivered",
}


def postfix(matter: Matter) -> bytes:
    """Text, message/delivery-status with X-Postfix fields, and the header or message; Undelivered Mail…"""
    host = f"mx1.{matter.domain}"
    subject = {
        "failed": "Undelivered Mail Returned to Sender",
        "delayed": "Delayed Mail (still being retried)",
        "delivered": "Successful Mail Delivery Report",
    }[matter.action]
    queue_id = f"{matter.number:X}F0A7B1C2"
    said = fill(
        f"<{matter.recipient}>: host {host}[192.0.2.25] said: {matter.diagnostic} (in reply to RCPT TO command)",
        75,
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    text = f"""
This is the mail system at host {host}.

Your message {_OUTCOMES[matter.action]}. The message, or its beginning, is
attached below. If you ask your postmaster for help, please pass on
this report.

                   The mail system

{said}
"""
    diagnostic = fill(f"Diagnostic-Code: smtp; {matter.diagnostic}", 75, subsequent_indent="    ")
    status = status_part(
        matter,
        [
            f"Reporting-MTA: dns; {host}",
            f"X-Postfix-Queue-ID: {queue_id}",
            f"X-Postfix-Sender: rfc822; {matter.return_path}",
            f"Arrival-Date: {matter.arrived.strftime('%a, %d %b %Y %H:%M:%S %z')}",
        ],
        [
            final_recipient(matter),
            f"Action: {matter.action}",
            f"Status: {matter.status}",
            f"Remote-MTA: dns; {host}",
            diagnostic.replace("\n", "\r\n"),
        ],
    )
    boundary, body = multipart(
        [
            b"Content-Description: Notification\r\n" + text_part(text),
            b"Content-Description: Delivery report\r\n" + status,
            b"Content-Description: Undelivered Message\r\n" + returned_part(matter),
        ],
        "This is a MIME-encapsulated message.",
        f"{queue_id}.",
    )
    return (
        headers(
            matter,
            [
                ("Date", matter.date),
                ("From", f"MAILER-DAEMON@{host} (Mail Delivery System)"),
                ("Subject", subject),
                ("To", matter.return_path),
                ("Auto-Submitted", "auto-replied"),
                ("MIME-Version", "1.0"),
                (
                    "Content-Type",
                    f'multipart/report; report-type=delivery-status;\r\n\tboundary="{boundary}"',
                ),
                ("Message-Id", f"<{matter.now:%Y%m%d%H%M%S}.{queue_id}@{host}>"),
            ],
        )
        + body
    )


def gmail(matter: Matter) -> bytes:
    """X-Failed-Recipients, text and HTML of the same words, Gmail's order of status fields."""
    word = {"failed": "Failure", "delayed": "Delay", "delivered": "Success"}[matter.action]
    title = {"failed": "Address not found", "delayed": "Delivery incomplete", "delivered": "Delivered"}
    if matter.action == "failed" and not matter.status.startswith("5.1"):
        title["failed"] = "Message not delivered"
    text = f"""
** {title[matter.action]} **

Your message to {matter.recipient} {_OUTCOMES[matter.action]}.

The response was:
{matter.diagnostic}
"""
    page = (
        f"<html><body><h1>{escape(title[matter.action])}</h1><p>Your message to <b>{escape(matter.recipient)}</b> "
        f"{_OUTCOMES[matter.action]}.</p><p>The response was:</p><p>{escape(matter.diagnostic)}</p></body></html>"
    )
    inner, words = multipart([text_part(text), text_part(page, "html")])
    status = status_part(
        matter,
        ["Reporting-MTA: dns; googlemail.example", f"Arrival-Date: {matter.date}"],
        [
            final_recipient(matter),
            f"Action: {matter.action}",
            f"Status: {matter.status}",
            f"Remote-MTA: dns; mx.{matter.domain}. (192.0.2.25, the server for the domain {matter.domain}.)",
            f"Diagnostic-Code: smtp; {matter.diagnostic}",
            f"Last-Attempt-Date: {matter.date}",
        ],
    )
    boundary, body = multipart(
        [
            f'Content-Type: multipart/alternative; boundary="{inner}"\r\n\r\n'.encode() + words,
            status,
            returned_part(matter),
        ]
    )
    return (
        headers(
            matter,
            [
                ("From", "Mail Delivery Subsystem <mailer-daemon@googlemail.example>"),
                ("To", matter.return_path),
                ("Auto-Submitted", "auto-replied"),
                ("Subject", f"Delivery Status Notification ({word})"),
                ("References", matter.header("Message-ID")),
                ("In-Reply-To", matter.header("Message-ID")),
                ("X-Failed-Recipients", matter.recipient if matter.action == "failed" else ""),
                ("Message-ID", f"<{matter.number:08x}.{matter.now:%H%M%S%f}.gmr@mx.googlemail.example>"),
                ("Date", matter.date),
                ("MIME-Version", "1.0"),
                (
                    "Content-Type",
                    f'multipart/report; boundary="{boundary}";\r\n report-type=delivery-status',
                ),
            ],
        )
        + body
    )


def microsoft(matter: Matter) -> bytes:
    """Undeliverable: subject, X-MS-Exchange-Message-Is-Ndr, long words first, X-Display-Name in the status."""
    server = f"AM0PR00MB{matter.number:04d}.eurprd00.prod.outlook.example"
    prefix = {"failed": "Undeliverable: ", "delayed": "Delivery delayed: ", "delivered": "Delivered: "}
    advice = {
        "failed": "Check the address, or ask the recipient to tell their administrator.",
        "delayed": "You do not need to do anything. You will hear again if it fails.",
        "delivered": "You do not need to do anything.",
    }
    text = f"""
Your message to {matter.recipient} {_OUTCOMES[matter.action]}.

{advice[matter.action]}

Diagnostic information for administrators:

Generating server: {server}

{matter.recipient}
Remote server returned '{matter.diagnostic}'
"""
    page = "<html><body>" + "".join(f"<p>{escape(line)}</p>" for line in text.split("\n") if line)
    inner, words = multipart([text_part(text), text_part(page + "</body></html>", "html")])
    status = status_part(
        matter,
        [f"Reporting-MTA: dns;{server}", f"Arrival-Date: {matter.date}"],
        [
            final_recipient(matter).replace("; ", ";"),
            f"Action: {matter.action}",
            f"Status: {matter.status}",
            f"Diagnostic-Code: smtp;{matter.diagnostic}",
            f"X-Display-Name: {matter.recipient.partition('@')[0]}",
        ],
    )
    boundary, body = multipart(
        [
            f'Content-Type: multipart/alternative; boundary="{inner}"\r\n\r\n'.encode() + words,
            status,
            returned_part(matter),
        ]
    )
    return (
        headers(
            matter,
            [
                ("MIME-Version", "1.0"),
                ("From", f"<postmaster@{matter.domain}>"),
                ("To", f"<{matter.return_path}>"),
                ("Date", matter.date),
                (
                    "Content-Type",
                    f'multipart/report; report-type=delivery-status;\r\n\tboundary="{boundary}"',
                ),
                ("X-MS-Exchange-Message-Is-Ndr", " "),
                ("Content-Language", "en-GB"),
                ("Message-ID", f"<{matter.number}-{matter.now:%H%M%S%f}@{server}>"),
                ("In-Reply-To", matter.header("Message-ID")),
                ("References", matter.header("Message-ID")),
                ("Subject", prefix[matter.action] + matter.header("Subject")),
                ("Auto-Submitted", "auto-replied"),
            ],
        )
        + body
    )


def exim(matter: Matter) -> bytes:
    """X-Failed-Recipients, indented words, and a status that is always 5.0.0 or 4.0.0, as Exim gives it."""
    host = f"mail.{matter.domain}"
    exim_id = f"1pR{matter.number:03d}-0000A{matter.number % 10}-2X"
    subject = {
        "failed": "Mail delivery failed: returning message to sender",
        "delayed": f"Warning: message {exim_id} delayed 24 hours",
        "delivered": "Delivery report",
    }[matter.action]
    error = f"    SMTP error from remote mail server after RCPT TO:<{matter.recipient}>:\n    {matter.diagnostic}"
    text = f"""
Mail software (Exim) on {host} wrote this message by itself.

A message that you sent {_OUTCOMES[matter.action]}
for this address:

  {matter.recipient}
    host mx.{matter.domain} [192.0.2.25]
{error}
"""
    status = status_part(
        matter,
        [f"Reporting-MTA: dns; {host}"],
        [
            f"Action: {matter.action}",
            final_recipient(matter).replace("; ", ";"),
            f"Status: {matter.status[0]}.0.0",
            f"Remote-MTA: dns; mx.{matter.domain}",
            f"Diagnostic-Code: smtp; {matter.diagnostic}",
        ],
    )
    boundary, body = multipart([text_part(text), status, returned_part(matter)], stem=f"{matter.now:%s}-eximdsn-")
    return (
        headers(
            matter,
            [
                ("X-Failed-Recipients", matter.recipient if matter.action == "failed" else ""),
                ("Auto-Submitted", "auto-replied"),
                ("From", f"Mail Delivery System <Mailer-Daemon@{host}>"),
                ("To", matter.return_path),
                ("References", matter.header("Message-ID")),
                (
                    "Content-Type",
                    f"multipart/report; report-type=delivery-status;\r\n boundary={boundary}",
                ),
                ("MIME-Version", "1.0"),
                ("Subject", subject),
                ("Message-Id", f"<E{exim_id}@{host}>"),
                ("Date", matter.date),
            ],
        )
        + body
    )


def qmail(matter: Matter) -> bytes:
    """Plain text only: no machine part, no type; the message or its header is pasted under a line."""
    head, _, body = matter.raw.partition(b"\r\n\r\n")
    returned = head if matter.headers_only or matter.action != "failed" else head + b"\r\n\r\n" + body
    text = f"""
Hi. The qmail-send program at mail.{matter.domain} is writing to you.
I am sorry, but your message {_OUTCOMES[matter.action]}.
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


STYLES: dict[str, Callable[[Matter], bytes]] = {
    "gmail": gmail,
    "microsoft": microsoft,
    "postfix": postfix,
    "exim": exim,
    "qmail": qmail,
}


def report(style: str, matter: Matter) -> bytes:
    """The report as that mail system would write it."""
    return STYLES[style](matter)
