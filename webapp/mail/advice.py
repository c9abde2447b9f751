"""What a mail administrator can do when a provider refuses the practice's mail, from the provider's own words.

The enhanced status (RFC 7372 for 5.7.20 to 5.7.29) and the words are looked at together, the surest first.
"""

import re

LOOKED_AT = 2_000  # characters
_NAMES = {
    "dmarc": (
        "Their side asks for DMARC. Publish a DMARC record for the domain of the from-address, and let SPF or DKIM "
        "pass for that same domain."
    ),
    "spf": (
        "SPF did not pass. Add the smart host to the SPF record of the return path’s domain, and of the domain of the "
        "from-address."
    ),
    "dkim": "DKIM did not pass. Let the smart host sign with DKIM for the domain of the from-address.",
    "ptr": (
        "The sending computer’s name is not right. Give its address a reverse DNS (PTR) record that leads back to it."
    ),
    "blocklist": (
        "The sending computer’s address is on a blocklist. Look it up there, find out why, and ask to be taken off; "
        "meanwhile send through another smart host."
    ),
    "rate": "We send there too fast, or too much at once. Set SMTP_MESSAGES_PER_SECOND_PER_DOMAIN, for example to 5.",
    "tls": "Their side wants an encrypted connection. Switch TLS on at the smart host.",
    "relay": (
        "The smart host does not send for us. Check the user name and password in SMTP_URL, and that it may send from "
        "the from-address."
    ),
    "reputation": (
        "Their side does not trust our mail yet. Check SPF, DKIM and DMARC, begin with small batches, and use their "
        "form for senders if they have one."
    ),
}
_STATUSES = {
    "5.7.20": "dkim", "5.7.21": "dkim", "5.7.22": "dkim", "5.7.23": "spf", "5.7.24": "spf", "5.7.25": "ptr",
    "5.7.26": "dmarc", "5.7.27": "spf", "5.7.515": "dmarc", "5.7.10": "tls",
}  # fmt: skip
_STATUS = re.compile(r"\b5\.7\.\d{1,3}\b")
_WORDS = (
    ("dmarc", re.compile(r"dmarc|unauthenticated|5\.7\.515", re.I)),
    ("spf", re.compile(r"\bspf\b", re.I)),
    ("dkim", re.compile(r"\bdkim\b", re.I)),
    ("ptr", re.compile(r"\bptr\b|reverse dns|\brdns\b", re.I)),
    ("blocklist", re.compile(r"block ?list|black ?list|blocked using|spamhaus|barracuda|spamcop|\bs3140\b", re.I)),
    ("rate", re.compile(r"rate limit|too many|too fast|quota|throttl|exceeded", re.I)),
    ("tls", re.compile(r"must issue a starttls|tls required|encryption required", re.I)),
    ("relay", re.compile(r"relay|authentication required|not authori[sz]ed|sender address rejected", re.I)),
)


def for_administrator(status: str, words: str) -> str:
    """One sentence or two; for words that say nothing, what mends most refusals."""
    words = words[:LOOKED_AT]
    for said in (status, *_STATUS.findall(words)):
        if said in _STATUSES:
            return _NAMES[_STATUSES[said]]
    for name, pattern in _WORDS:
        if pattern.search(words):
            return _NAMES[name]
    return _NAMES["reputation"]
