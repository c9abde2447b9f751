"""Reports as Exim writes them. The words are our own."""

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

A message that you sent {OUTCOMES[matter.action]}
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
