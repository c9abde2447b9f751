"""How reports open. For those whose sender and way of coming do not show what they are: a person who quotes a report
writes something before it, a mail system does not.
"""

from __future__ import annotations

import re

from bounce_listener.readers import outcome

# (English, from the mail systems’ own first lines; then other languages)
_OPENING = re.compile(
    r"created automatically by mail delivery|automatically generated (?:delivery|e-?mail delivery)"
    r"|this is the (?:\S{1,40} ){1,6}(?:program|agent|server|system|software|daemon|suite) at|this is the mailer-daemon"
    r"|this is a message from the \S{1,80} e-mail|delivery status notification from"
    r"|an error (?:has )?occurred while (?:trying|attempting) to deliver|your message could not be (?:sent|delivered)"
    r"|the original message was received (?:at|on)|transcript of session follows|message log follows|failure reasons"
    r"|(?:could|can|was|were|did|has|have)(?: not|n't|not) (?:be |been |reach )?(?:successfully )?"
    r"(?:delivered|sent|reach|delivered to)?(?: \S{1,20}){0,4} (?:following|one or more|all of its|some or all)"
    r"|(?:was|were) (?:not delivered|undeliverable|undelivered) (?:to|due|because)|(?:couldn't be|wasn't) delivered"
    r"|unable to deliver (?:\S{1,20} ){0,4}(?:to|following)|undeliverable (?:to|mail|message|address)"
    r"|delivery (?:to the following|has failed|to \S{1,80} failed)|failed to deliver to|message delivery failure"
    r"|following address(?:\(es\)|es)? (?:had|failed)|failed (?:address|recipient)|unknown user:"
    r"|(?:following|these) (?:recipient|addressee|destination)\S{0,4} (?:\S{1,20} ){0,4}(?:not|fail|reject|unknown)"
    r"|report relates to a message you sent|had permanent fatal|delivery (?:error|failure|problem)s?:"
    r"|address not found|message blocked"
    r"|konnte (?:\S{1,30} ){0,8}nicht (?:zugestellt|ausgeliefert|übermittelt)"
    r"|n'a (?:pas )?pu être (?:remis|délivré|distribué)|no (?:ha podido|pudo|se pudo|se ha podido) (?:ser )?entrega"
    r"|送信できませんでした|配信できませんでした|届きませんでした|退信|не может быть доставлен|не удалось доставить"
)
# A report's subject, from its first word on: one that was answered or forwarded begins with “Re:”.
_SUBJECT = re.compile(
    r"(?:\W{0,3}(?:postmaster|notice|warning|mail|e-?mail|message)\W{1,3}){0,2}(?:undeliver(?:able|ed)|returned mail"
    r"|(?:mail |message |email )?delivery (?:status notification|fail|error|problem|notification|report|system)"
    r"|mail (?:system error|failure|failed|could not)|failed mail|message (?:not delivered|status|could not)"
    r"|non-?delivery|could not deliver|unable to deliver|returned to sender|failure notice|unzustellbar|non remis"
    r"|no se puede entregar|nicht zustellbar|mensaje no entregado|mancata consegna|配信不能|退信|系统退信|недоставл"
    r"|не доставлено)",
    re.IGNORECASE,
)
_PERSONAL = re.compile(
    r"\b(?:hello|hi|hallo|dear|bonjour|hola|ciao|thanks|thank you|regards|please help"
    r"|i(?!'m (?:sorry|afraid)| (?:am (?:sending you|sorry|afraid)|regret|was unable|have been unable))"
    r"|we (?:get|got)|my|forwarded message|wrote:|what"
    r"|why|can you|could you|fyi|look at|got this|came back|see (?:below|attached))\b|\?|(?:^| )>"
    r"|-{2,} ?original message"
)
_PARCELS = re.compile(r"\b(?:parcel|package|shipment|order|paket|sendung|colis|paquete|pacco)\b")  # delivered otherwise
_GREETING = re.compile(r"^\W{0,9}(?:hi|hello)\W{1,3}(?=this is the|we're writing to let you know)")
LOOKED_AT = 600


def likeness(subject: str, text: str) -> int:
    """How much the words look like a mail system’s report: 1 by their subject or their opening, 2 by both.

    0 when neither shows it, or when something of a person’s stands before that.
    """
    words = _GREETING.sub("", outcome.plain(text[:LOOKED_AT]), count=1)
    found = _OPENING.search(words)
    before = words[: found.start()] if found is not None else words.partition("@")[0]
    if _PERSONAL.search(before) or _PARCELS.search(words):
        return 0
    return (found is not None) + (_SUBJECT.match(subject.strip()) is not None)
