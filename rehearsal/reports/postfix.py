"""Reports as Postfix writes them. The words are our own."""

from textwrap import fill

from rehearsal.reports.matter import (
    OUTCOMES,
    Matter,
    final_recipient,
    headers,
    multipart,
    returned_part,
    status_part,
    text_part,
)


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

Your message {OUTCOMES[matter.action]}. The message, or its beginning, is
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
