"""Reports that announce a list of recipients: “… following address(es) failed:” and then the addresses."""

from __future__ import annotations

import re

from bounce_listener.readers import blocks
from bounce_listener.readers.page import Page
from bounce_listener.readers.verdict import Finding

# (words of the heading, mail system). A heading ends its line or sentence; the list begins on the next line.
HEADINGS: tuple[tuple[str, str], ...] = (
    (r"following address(?:\(?es\)?)?(?:\s?\(es\))? (?:has |have )?failed", "Exim; GMX; mail.ru; Zoho"),
    (r"address(?:\(es\)|es)? (?:to )?which the message has (?:not yet been delivered|failed)", "Exim, delay"),
    (
        r"(?:did|could) not (?:reach|be delivered to) (?:the following|these) (?:recipient|address|user)",
        "Exchange 5.5 to 2003; IIS",
    ),
    (
        (
            r"(?:following|these) (?:\w+ )?(?:recipient|address|addressee|user|destination|"
            r"mailbox)\S{0,5}(?: or (?:groups?|distribution lists?))?(?: \w+){0,3} (?:failed|cannot|"
            r"could not|was|were|is|are|has|have|had|did|rejected|affected)"
        ),
        "IIS, Gmail, Sendmail, MailMarshal, SurfControl and many",
    ),
    (
        (
            r"(?:deliver(?:y|ed|ing)?|message|mail|sent|undeliverable|undelivered|"
            r"failed)\b[^\n]{0,60} (?:to|for) (?:all of )?(?:the )?(?:following|these|this|one or more)"
        ),
        "Exchange 2007 to 365, Domino, Symantec, GroupWise, qmail, Yahoo",
    ),
    (r"(?:not|n't) (?:be )?deliver(?:ed|able)? to:?$|not (?:yet )?been delivered", "Domino"),
    (r"following (?:recipient|address|addressee|user|destination|mailbox)", "many"),
    (
        (
            r"(?:failed|invalid|undeliverable|rejected|unknown|bad|affected) (?:address|recipient|user|"
            r"addressee)s?\S{0,4}(?: follows?)?\b"
        ),
        "Smail, Novell, VPOP3",
    ),
    (r"list of recipients", "OpenSMTPD"),
    (r"failure reasons", "Lotus Notes SMTP MTA"),
    (
        (
            r"message not delivered to|unable to deliver (?:the |your |this )?(?:message|mail)?\s?to|"
            r"undeliverable (?:to|for)|not delivered to|failed recipients?"
        ),
        "Yale, IMail, Novell",
    ),
    (
        (
            r"permanent (?:fatal|delivery) errors|had (?:delivery|permanent|"
            r"transient)[^\n]{0,30}(?:errors|problems)|transient non-fatal errors|delivery (?:errors|"
            r"problems)|unrecoverable error"
        ),
        "Sendmail, ActiveHunter, X1, X5",
    ),
    (
        r"could not be (?:delivered|reached)(?: (?:to|because|for)|:)|recipients? (?:was|were) (?:affected|rejected)",
        "MailMarshal, others",
    ),
    (
        r"delivery (?:to|has failed to|failed to|status notification)|has been delayed|delivery failed",
        "Gmail, Exchange",
    ),
    (
        (
            r"mensaje no (?:se )?(?:ha )?(?:podido|pudo) (?:ser )?entrega|no se (?:ha )?(?:podido|"
            r"pudo) entregar|siguientes? destinatarios?|error de entrega|direcciones? siguientes?"
        ),
        "Spanish",
    ),
    (
        (
            r"destinataires? suivants?|(?:adresses?|destinataires?) ci-dess|n'a (?:pas )?(?:pu être|été) (?:remis|"
            r"délivré|distribué|envoyé|transmis)|non remis"
        ),
        "French",
    ),
    (
        (
            r"folgende[nr]? (?:empfänger|adresse)|nicht (?:zugestellt|zustellbar|übermittelt|"
            r"ausgeliefert)|konnte(?:n)? nicht|an (?:den|die) empfänger|fehlgeschlagen"
        ),
        "German; T-Online",
    ),
    (
        (
            r"seguenti? (?:destinatar|indirizz)|non (?:è stato|è) (?:possibile )?(?:recapita|consegna)|"
            r"destinatari"
        ),
        "Italian",
    ),
    (r"destinatários?|não (?:foi|pôde) (?:possível )?(?:ser )?entreg", "Portuguese"),
    (
        r"följande (?:mottagare|adress)|følgende (?:mottaker|modtager|adress)|seuraav\w{1,6} vastaanottaj",
        "Swedish, Danish, Norwegian, Finnish",
    ),
    (r"volgende (?:geadresseerde|ontvanger|adres)|niet (?:worden )?(?:bezorgd|afgeleverd)", "Dutch"),
    (
        (
            r"送信(?:に失敗|できません|できなかった)|配信(?:でき|に失敗|不能)|配送(?:でき|に失敗)|(?:宛先|あて先|受信者|メールアドレス)へ|次の(?:あて先|宛先|"
            r"受信者)|以下の(?:宛先|メールアドレス|受信者|アドレス)|届けることができ"
        ),
        "Japanese providers: m-FILTER, EZweb, docomo",
    ),
    (
        (
            r"не может быть доставлен|не (?:было |удалось )?достав|следующ\w+ (?:адрес|получател)|"
            r"получател(?:ям|ей|я)"
        ),
        "mail.ru, Yandex",
    ),
    (r"nie (?:mogła?|można|został)[^\n]{0,40}dostarcz|następując\w+ (?:adres|odbiorc)", "Polish"),
    (r"následující\w* (?:adres|příjemc)|nebyl\w? (?:možné )?doruč|nemohl\w? být doruč", "Czech"),
    (
        r"投递失败|无法(?:发送|投递|送达)|收件人|退信|未能(?:送达|投递)|傳送失敗|無法(?:傳送|遞送|送達|投遞)",
        "Chinese: QQ, 163, Coremail",
    ),
    (
        (
            r"παραλήπτ|δεν (?:ήταν δυνατή|παραδόθηκε)|לא (?:ניתן|נמסר)|תحویل|не вдалося|nu a putut fi|"
            r"kunne ikke|kunde inte|ei voitu|teslim edilem"
        ),
        "other languages",
    ),
)
HEADING = re.compile("|".join(f"(?:{words})" for words, _ in HEADINGS), re.IGNORECASE)
NEXT_LINES = 8  # how far below its heading a list may begin
MAXHEADINGS = 12


def read(page: Page) -> list[Finding]:
    """The addresses that begin a line below the first heading which has any."""
    tried = 0
    for number, line in enumerate(page.lines):
        if tried >= MAXHEADINGS:
            break
        if not line or not HEADING.search(_joined(page.lines, number)):
            continue
        tried += 1
        if not any("@" in near for near in page.lines[number + 1 : number + 1 + NEXT_LINES]):
            continue
        found = blocks.after(page.lines, number + 1)
        if found and _near(page.lines, number, found[0].address):
            return blocks.merged(found)
    return []


def _joined(lines: list[str], number: int) -> str:
    """A line and the beginning of the next: headings are wrapped anywhere."""
    following = lines[number + 1].strip()[:60] if number + 1 < len(lines) else ""
    return f"{lines[number].strip()[:400]} {following if '@' not in following else ''}".replace("  ", " ").strip()


def _near(lines: list[str], number: int, address: str) -> bool:
    near = "\n".join(lines[number + 1 : number + 1 + NEXT_LINES])
    return address.lower() in near.lower()
