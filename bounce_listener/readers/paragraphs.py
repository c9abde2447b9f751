"""Reports whose paragraphs begin with the recipient: `<ann@example.org>: what happened`.

| system | how it looks | source |
| --- | --- | --- |
| qmail, netqmail, s/qmail | `<addr>:` and the reason on the next lines (QSBMF) | cr.yp.to/proto/qsbmf.txt |
| Postfix, text only | `<addr>: host mx[ip] said: 550 …`, also `(expanded from <addr>)` | bounce(5), bounce(8) |
| Yahoo | `<addr>:` under “Unable to deliver message to the following address(es)” | its reports until 2015 |
| GMX, 1&1 | `"addr":` or `<addr>` with the reason below | its reports |
| OpenSMTPD | `addr: 550 …` | smtpd/bounce.c |
| DragonFly | `addr: error` | dma(8) |
| Courier without a machine part | `<addr>:` and `<<< 550 …` | courier(8) |
"""

from __future__ import annotations

from bounce_listener.readers import blocks
from bounce_listener.readers.page import Page
from bounce_listener.readers.verdict import Finding


def read(page: Page) -> list[Finding]:
    """One finding for each paragraph that begins with an address and a colon."""
    return blocks.merged(blocks.strict(page.lines))
