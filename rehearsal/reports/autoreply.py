"""The out-of-office answer of a person who is away (RFC 3834)."""

from rehearsal.reports.matter import Matter, headers, text_part


def out_of_office(matter: Matter) -> bytes:
    """An automatic reply to the return path, marked as one."""
    text = """
I am away until Monday and do not read this mailbox.

If it is urgent, please telephone.
"""
    part = text_part(text)
    return (
        headers(
            matter,
            [
                ("From", f"<{matter.recipient}>"),
                ("To", f"<{matter.return_path}>"),
                ("Subject", f"Automatic reply: {matter.header('Subject')}"),
                ("Date", matter.date),
                ("Message-ID", f"<{matter.number}.{matter.now:%H%M%S%f}.away@{matter.domain}>"),
                ("In-Reply-To", matter.header("Message-ID")),
                ("References", matter.header("Message-ID")),
                ("Auto-Submitted", "auto-replied"),
                ("X-Auto-Response-Suppress", "All"),
                ("MIME-Version", "1.0"),
            ],
        ).removesuffix(b"\r\n")
        + part
    )
