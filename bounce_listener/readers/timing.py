"""Still trying, or given up: decided before anything else is believed.

A delay notice taken for a failure harms a patient, so the words of a delay win over any code and any word of failure.
"""

from __future__ import annotations

import re

# (pattern, who says so)
_STILL_TRYING: tuple[tuple[str, str], ...] = (
    (r"has not yet been delivered|have not yet been delivered|not yet been delivered", "Exim"),
    (r"delivery attempts will (?:continue|be made)|attempts (?:to deliver )?(?:the message )?will continue", "Exim"),
    (r"this is a warning message only|warning message only", "Sendmail, Gmail before 2016"),
    (r"(?:you )?do(?:es)? not need to (?:re-?send|send)|no need to re-?send|you should not re-?send|don't (?:need to )?re-?send", "Sendmail, OpenSMTPD, Exchange"),
    (r"delivery incomplete|will (?:keep |continue )?retry(?:ing)? (?:for|to|until|sending|delivery)|will be retried|will retry", "Gmail, Zoho"),
    (r"will (?:keep|continue) (?:on )?(?:trying|to try|attempting|to attempt)|will continue (?:to be )?(?:tried|attempted)|continue trying|will try (?:again|to (?:re)?deliver|for)|is still trying|am still trying|are still trying", "qmail, Postfix, Exchange, Courier"),
    (r"(?:message|mail|delivery|e-mail) (?:\S{1,30} ){0,6}(?:has been|is being|was|is|being) delayed|is delayed for more than|has been delayed|delivery (?:is )?(?:delayed|deferred)(?! permanently)", "OpenSMTPD, Gmail, Exchange, atlas.cz"),
    (r"temporary failure report|only a temporary (?:failure|error|problem)|temporary (?:problem|failure) delivering", "OpenSMTPD, Gmail"),
    (r"transient non-fatal errors", "Sendmail"),
    (r"will be (?:notified|informed|returned|told) (?:to you )?if|(?:be notified|hear from us) (?:only )?if (?:the )?delivery", "Gmail, Postfix"),
    (r"could not be delivered for more than \d+ hours?\.?\s{1,9}it will be retried|it will be retried until", "Postfix"),
    (r"still (?:in the queue|awaiting delivery|being (?:tried|attempted|queued))|is (?:still )?queued for|remains? (?:in the|queued)", "atlas.cz, Sun"),
    (r"no action is required on your part", "Exim"),
    (r"versuch(?:t|en) (?:es )?weiter|zustellung (?:ist |wurde )?verzögert|wird weiterhin versucht|noch nicht zugestellt", "German"),
    (r"n'a pas encore été (?:remis|distribué|délivré)|remise (?:est |a été )?(?:retardée|différée)|nouvelles? tentatives?", "French"),
    (r"se ha retrasado|seguir(?:á|emos) intentando|todavía no se ha", "Spanish"),
    (r"la consegna .{0,30}ritard|non è stato ancora", "Italian"),
    (r"再送(?:し(?:ます|ています)|を続け)|配信が遅れて|配送が遅延|まだ配信されて", "Japanese"),
    (r"задержива|отложен|повторные попытки|попытки доставки будут", "Russian"),
    (r"延迟|将继续(?:尝试|重试)", "Chinese"),
)  # fmt: skip
_GIVEN_UP: tuple[tuple[str, str], ...] = (
    (r"retry (?:time(?:out)?|limit) (?:not reached for any host after a long|exceeded|has been exceeded)", "Exim"),
    (r"(?:i'm|am|is) not going to try again|i've given up|have given up|gave up|giving up (?:on|after)|no (?:further|more) (?:delivery )?attempts", "qmail, Courier"),
    (r"in the queue too long|queue lifetime|too long in (?:the )?queue|has expired and|could not be delivered for (?:the last )?\d+ days?", "qmail, Sendmail"),
    (r"message will be deleted from queue|returned? (?:it )?to (?:you|the sender)|cannot be delivered: |removed from (?:the )?queue", "Sendmail"),
    (r"(?:this is a |with |had )(?:permanent|fatal)|permanent(?:ly)? (?:error|fail|fatal)|failed permanently|unrecoverable error|permanent delivery", "Exim, Gmail, Sendmail"),
    (r"could not be delivered (?:after|within)|maximum (?:number of )?(?:retries|attempts|delivery)", "others"),
)  # fmt: skip

_STILL = re.compile("|".join(pattern for pattern, _ in _STILL_TRYING))
_GONE = re.compile("|".join(pattern for pattern, _ in _GIVEN_UP))
# Phrases a delay notice also has ("if the delivery fails permanently", "will be returned to you").
_FUTURE = re.compile(
    r"(?:if|when|until|eventually|before|after which|then) [^.\n]{0,120}(?:permanent|give up|given up|returned? (?:it )?to)[^.\n]{0,40}|will (?:then )?be returned to you|you'll be notified if[^.\n]{0,80}"
)
_SUBJECT_DELAY = re.compile(
    r"delayed|\bdelay\b|\(delay\)|warning:? .{0,12}(?:could not|cannot|not) (?:be )?(?:send|sent|deliver)|warning--could not send|still (?:being|trying)|delivery (?:is )?(?:delayed|deferred)|temporary|not yet delivered|^warning: message|verzögert|retard|задерж|遅延",
    re.IGNORECASE,
)
_SUBJECT_FINAL = re.compile(r"(?:fail|undeliver|returned|rejected|error|permanent|unzustell|non remis)", re.IGNORECASE)
LOOKED_AT = 20_000


def is_delay(subject: str, text: str) -> bool:
    """True when the sender of this report goes on trying."""
    words = " ".join(text[:LOOKED_AT].lower().replace("’", "'").split())
    if _STILL.search(words):
        return not (_GONE.search(_FUTURE.sub(" ", words)) and not _SUBJECT_DELAY.search(subject))
    return bool(_SUBJECT_DELAY.search(subject)) and not _SUBJECT_FINAL.search(subject) and not _GONE.search(words)
