"""Reports that name the recipient inside a sentence or after a label, not at the start of a line."""

from __future__ import annotations

import re

from bounce_listener.readers import addresses, blocks
from bounce_listener.readers.page import Page
from bounce_listener.readers.verdict import Finding

_AT = (
    r"[<\"'(\[]{0,2}(?:mailto:|SMTP:)?(?P<address>[^\s<>()\[\]\",;:|\\]{1,64}@[^\s<>()\[\]\",;:|"
    r"\\/?']{1,255})"
)

# (words before the address, mail system)
SENTENCES: tuple[tuple[str, str], ...] = (
    (r"(?:message|mail|e-mail|email)(?: \S{1,20}){0,3} to ", "Gmail, IronPort, Yahoo"),
    (
        (
            r"(?:problem|error|failure) (?:occurred )?(?:while )?delivering (?:your |the |a )?(?:message|"
            r"mail|e-mail) to "
        ),
        "Gmail",
    ),
    (r"(?:un)?able to deliver(?: \S{1,20}){0,4} (?:to|for) (?:the (?:recipient|address|user) )?", "many"),
    (
        (
            r"(?:deliver(?:y|ed|ing)?|sent|send|reach(?:ed)?|transmitted)(?: \S{1,20}){0,4} (?:to|for|"
            r"recipient|recipients?:|address):? "
        ),
        "many",
    ),
    (
        (
            r"(?:could|can|did|was|were|has|have) ?n[o']t(?: \S{1,20}){0,3} (?:to|reach|"
            r"for):? (?:the following recipient\S{0,3}:? )?"
        ),
        "Exchange, KDDI",
    ),
    (
        (
            r"(?:undeliverable|unknown user|user unknown|unknown (?:address|recipient)|no such (?:user|"
            r"recipient|address)|unknown host|userid|allowed size|mailbox is full|attempts|(?:user|recipient|receiver|"
            r"address) not found|invalid (?:recipient|address|user)|failed|rejected|"
            r"bounced)(?: \S{1,12}){0,2}[:=]? "
        ),
        "IMail, others",
    ),
    (
        r"(?:nachricht|e-?mail|mail|message|mensaje|messaggio|mensagem|bericht|письмо|сообщение|лист)(?: \S{1,20}){0,2}"
        r" (?:an|à|a|para|aan|till|til|do|для|на адрес\w?) ",
        "Exchange, Gmail in other languages",
    ),
    (r"(?:boite aux lettres de|adress[ue]|adrese?|postfach|buzón de|casella di?|ящик\w?) ", "other languages"),
    (
        r"(?:following|these) (?:\w+ )?(?:recipient|address|addressee|user|people|person)\S{0,4}(?: \S{1,20}){0,5}: ",
        "a list in one line",
    ),
    (r"(?:RCPT TO|rcpt to) ?:? ?", "the SMTP command that was refused"),
    (r"(?:mailbox|account|recipient|user|address|addressee)(?: name| address)?(?: for| of)?[:=]? ", "others"),
    (r"(?:宛先|あて先|受信者|アドレス|받는 ?사람|수신자|收件人)[:：( ]{0,3}", "Japanese, Korean, Chinese providers"),
    (
        (
            r"(?:empfänger|adresse|destinataire|destinatario|destinatário|получател\w+|адрес\w*|收件人|"
            r"odbiorc\w+|příjemc\w+)\S{0,6} ?[:：]? ?"
        ),
        "other languages",
    ),
)
# (label that stands before the address on its line, mail system)
LABELS: tuple[tuple[str, str], ...] = (
    (
        (
            r"(?:final|original|failed|intended|bad|invalid|undeliverable|unknown|rejected|envelope|"
            r"actual|affected)[ -](?:recipient|address|user|addressee|to)s?"
        ),
        "gateways that print fields as text",
    ),
    (
        (
            r"recipients?(?: address(?:es)?| name)?|addressees?|rcpt(?:[ -]to)?|destination(?: address)?|"
            r"addressed to|sent to|email address|to address|bounced address"
        ),
        "EZweb, Mimecast, MXLogic, GroupWise",
    ),
    (
        r"(?:betroffener |adresse du )?(?:empfänger(?:adresse)?|destinataires?)|destinatari[oa]s?|mottagare|"
        r"ontvanger|odbiorca|příjemce|получатель|받는 ?사람|수신자|収件人|收件人|宛先|あて先|受信者|送信先",
        "other languages",
    ),
)

_SENTENCE = re.compile(
    r"(?<![\w-])(?:" + "|".join(f"(?:{before})" for before, _ in SENTENCES) + ")" + _AT, re.IGNORECASE
)
_LABEL = re.compile(
    r"^[ \t>*•|-]{0,12}(?:"
    + "|".join(f"(?:{label})" for label, _ in LABELS)
    + r")(?:\(s\))?[ \t]{0,20}[:=：][ \t]{0,20}\n?[ \t]{0,20}(?:rfc822;|SMTP:)?[ \t]?"
    + _AT,
    re.IGNORECASE | re.MULTILINE,
)
# “Sender address: …”
_SENDER = re.compile(
    r"(?:sender|absender\w{0,8}|expéditeur|remitente|mittente|remetente|afzender|отправител\w{0,2}|送信者|发件人|from)"
    r"(?: e-?mail)?(?: address)?['\"]?\W{0,4}$",
    re.IGNORECASE,
)
_NEXT = re.compile(r"[>)'\"\]]{0,2}\s{0,2}(?:[,;]|and|und|et|y)\s{0,4}" + _AT)
LOOKED_AT = 16_000
MAX_FURTHER = 100


def read_labels(page: Page) -> list[Finding]:
    """“Recipient: <ann@example.org>” on a line of its own."""
    return _findings(page, _LABEL, page.text[:LOOKED_AT])


def read_sentences(page: Page) -> list[Finding]:
    """“Your message to ann@example.org could not be delivered”."""
    return _findings(page, _SENTENCE, " ".join(page.text[:LOOKED_AT].split()))


def _findings(page: Page, pattern: re.Pattern[str], text: str) -> list[Finding]:
    found: list[Finding] = []
    for match in pattern.finditer(text):
        address = addresses.clean(match["address"].rstrip(".!?'"))
        if _SENDER.search(text, max(0, match.start() - 30), match.start("address")):
            continue
        if address and address.lower() not in page.strangers and not addresses.is_machinery(address):
            found.append(Finding(address=address, diagnostic=text[match.start() : match.end() + 600]))
            found.extend(_further(text, match.end()))
        if len(found) >= blocks.MAX_FOUND:
            break
    return blocks.merged(found)


def _further(text: str, start: int) -> list[Finding]:
    """The rest of “ann@…, bob@… and carol@…”."""
    found: list[Finding] = []
    while (match := _NEXT.match(text, start)) is not None and len(found) < MAX_FURTHER:
        if address := addresses.clean(match["address"].rstrip(".!?'")):
            found.append(Finding(address=address, diagnostic=text[match.start() : match.end() + 600]))
        start = match.end()
    return found
