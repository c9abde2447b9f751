"""Reports as Microsoft 365 writes them. The words are our own."""

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
Your message to {matter.recipient} {OUTCOMES[matter.action]}.

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
