"""Reports as Gmail writes them. The words are our own."""

from html import escape

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


def gmail(matter: Matter) -> bytes:
    """X-Failed-Recipients, text and HTML of the same words, Gmail's order of status fields."""
    word = {"failed": "Failure", "delayed": "Delay", "delivered": "Success"}[matter.action]
    title = {"failed": "Address not found", "delayed": "Delivery incomplete", "delivered": "Delivered"}
    if matter.action == "failed" and not matter.status.startswith("5.1"):
        title["failed"] = "Message not delivered"
    text = f"""
** {title[matter.action]} **

Your message to {matter.recipient} {OUTCOMES[matter.action]}.

The response was:
{matter.diagnostic}
"""
    page = (
        f"<html><body><h1>{escape(title[matter.action])}</h1><p>Your message to <b>{escape(matter.recipient)}</b> "
        f"{OUTCOMES[matter.action]}.</p><p>The response was:</p><p>{escape(matter.diagnostic)}</p></body></html>"
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
