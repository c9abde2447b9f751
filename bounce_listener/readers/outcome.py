"""Still trying, given up, or arrived: decided before anybody’s address is believed.

A delay notice taken for a failure harms a patient, so the words of a delay win over any code and any word of failure.
"""

from __future__ import annotations

import re

# (pattern, who says so)
_STILL_TRYING: tuple[tuple[str, str], ...] = (
    (r"has not yet been delivered|have not yet been delivered|not yet been delivered", "Exim"),
    (
        (
            r"delivery attempts will (?:continue|be made)|"
            r"attempts (?:to deliver )?(?:the message )?will continue"
        ),
        "Exim",
    ),
    (r"this is a warning message only|warning message only", "Sendmail, Gmail before 2016"),
    (
        (
            r"(?:you )?do(?:es)? not need to (?:re-?send|send)|no need to re-?send|"
            r"you should not re-?send|don't (?:need to )?re-?send"
        ),
        "Sendmail, OpenSMTPD, Exchange",
    ),
    (
        (
            r"delivery incomplete|will (?:keep |continue )?retry(?:ing)? (?:for|to|until|sending|"
            r"delivery)|will be retried|will retry"
        ),
        "Gmail, Zoho",
    ),
    (
        (
            r"will (?:keep|continue) (?:on )?(?:trying|to try|attempting|to attempt)|"
            r"will continue (?:to be )?(?:tried|attempted)|continue trying|will try (?:again|"
            r"to (?:re)?deliver|for)|is still trying|am still trying|are still trying"
        ),
        "qmail, Postfix, Exchange, Courier",
    ),
    (
        (
            r"(?:message|mail|delivery|e-mail) (?:\S{1,30} ){0,6}(?:has been|is being|was|is|"
            r"being) delayed|is delayed for more than|has been delayed|delivery (?:is )?(?:delayed|"
            r"deferred)(?! permanently)"
        ),
        "OpenSMTPD, Gmail, Exchange, atlas.cz",
    ),
    (
        (
            r"temporary failure report|only a temporary (?:failure|error|problem)|temporary (?:problem|"
            r"failure) delivering"
        ),
        "OpenSMTPD, Gmail",
    ),
    (r"transient non-fatal errors", "Sendmail"),
    (
        (
            r"will be (?:notified|informed|returned|told) (?:to you )?if|(?:be notified|"
            r"hear from us) (?:only )?if (?:the )?delivery"
        ),
        "Gmail, Postfix",
    ),
    (
        (
            r"could not be delivered for more than \d+ hours?\.?\s{1,9}it will be retried|"
            r"it will be retried until"
        ),
        "Postfix",
    ),
    (
        (
            r"still (?:in the queue|awaiting delivery|being (?:tried|attempted|queued))|"
            r"is (?:still )?queued for|remains? (?:in the|queued)"
        ),
        "atlas.cz, Sun",
    ),
    (r"no action is required on your part", "Exim"),
    (
        (
            r"still undelivered|remains undelivered|delivery delay|delivery (?:of (?:the|"
            r"your) message )?(?:will|is going to) (?:be attempted|continue)|will be (?:attempted|"
            r"tried) again|will (?:attempt|try) (?:delivery|to deliver)|keep(?:s)? trying|(?:still|"
            r"continues?) (?:to )?(?:try|attempt)(?:ing)?"
        ),
        "Sendmail, CommuniGate, MDaemon, Exchange",
    ),
    (
        (
            r"versuch(?:t|en) (?:es )?weiter|zustellung (?:ist |wurde )?verzögert|wird weiterhin versucht|"
            r"noch nicht zugestellt"
        ),
        "German",
    ),
    (
        (
            r"n'a pas encore été (?:remis|distribué|délivré)|remise (?:est |a été )?(?:retardée|différée)|"
            r"nouvelles? tentatives?"
        ),
        "French",
    ),
    (r"se ha retrasado|seguir(?:á|emos) intentando|todavía no se ha", "Spanish"),
    (r"la consegna .{0,30}ritard|non è stato ancora", "Italian"),
    (r"再送(?:し(?:ます|ています)|を続け)|配信が遅れて|配送が遅延|まだ配信されて", "Japanese"),
    (r"задержива|отложен|повторные попытки|попытки доставки будут", "Russian"),
    (r"延迟|将继续(?:尝试|重试)", "Chinese"),
)
_GIVEN_UP: tuple[tuple[str, str], ...] = (
    (
        (
            r"retry (?:time(?:out)?|limit) (?:not reached for any host after a long|exceeded|"
            r"has been exceeded)"
        ),
        "Exim",
    ),
    (
        (
            r"(?:i'm|am|is) not going to try again|i've given up|have given up|gave up|giving up (?:on|"
            r"after)|no (?:further|more) (?:delivery )?attempts"
        ),
        "qmail, Courier",
    ),
    (
        (
            r"in the queue too long|queue lifetime|too long in (?:the )?queue|has expired and|"
            r"could not be delivered for (?:the last )?\d+ days?"
        ),
        "qmail, Sendmail",
    ),
    (
        (
            r"message will be deleted from queue|returned? (?:it )?to (?:you|the sender)|"
            r"cannot be delivered: |removed from (?:the )?queue"
        ),
        "Sendmail",
    ),
    (
        (
            r"(?:this is a |with |had )(?:permanent|fatal)|permanent(?:ly)? (?:error|fail|fatal)|"
            r"failed permanently|unrecoverable error|permanent delivery"
        ),
        "Exim, Gmail, Sendmail",
    ),
    (r"could not be delivered (?:after|within)|maximum (?:number of )?(?:retries|attempts|delivery)", "others"),
)

_STILL = re.compile("|".join(pattern for pattern, _ in _STILL_TRYING))
_GONE = re.compile("|".join(pattern for pattern, _ in _GIVEN_UP))
# Phrases a delay notice also has ("if the delivery fails permanently", "will be returned to you").
_FUTURE = re.compile(
    r"(?:if|when|until|eventually|before|after which|then) [^.\n]{0,120}(?:permanent|give up|"
    r"given up|returned? (?:it )?to)[^.\n]{0,40}|will (?:then )?be returned to you|"
    r"you'll be notified if[^.\n]{0,80}"
)
_SUBJECT_DELAY = re.compile(
    (
        r"delayed|\bdelay\b|\(delay\)|warning:? .{0,12}(?:could not|cannot|not) (?:be )?(?:send|sent|"
        r"deliver)|warning--could not send|still (?:being|trying)|delivery (?:is )?(?:delayed|"
        r"deferred)|temporary|not yet delivered|^warning: message|verzögert|retard|задерж|遅延"
    ),
    re.IGNORECASE,
)
_SUBJECT_FINAL = re.compile(r"(?:fail|undeliver|returned|rejected|error|permanent|unzustell|non remis)", re.IGNORECASE)
# That something failed, in the words of mail systems. (English first, then by language)
_FAILURE = re.compile(
    (
        r"undeliver|un-deliver|not (?:be )?(?:successfully )?(?:deliver|reach|sent|transmit)|"
        r"n't (?:be )?(?:deliver|reach|sent)|not able to (?:deliver|send)|unable to (?:deliver|send|"
        r"relay|complete)|(?:cannot|can't|could not|did not) (?:be )?(?:deliver|send|sent|reach|"
        r"receive)"
        r"|deliver\w*[^\n]{0,60} fail|fail\w*[^\n]{0,60} deliver|delivery (?:error|problem|report|"
        r"incomplete)|(?:failed|invalid|rejected|unknown|bad) (?:address|recipient|user|mailbox)|"
        r"returned (?:mail|message|to)|return(?:ing|ed) message|failure notice|had (?:permanent|"
        r"delivery|transient)|(?:error|problem) (?:has )?occurred|notification: error|"
        r"permanent (?:error|failure|fatal)|permanently|fatal error|mail system error|no such (?:user|"
        r"mailbox|recipient|address)"
        r"|user (?:is )?unknown|unknown user|mailbox (?:is )?(?:full|unavailable|not found|disabled)|"
        r"over (?:its )?quota|does(?: not|n't) exist|trouble delivering|was (?:rejected|refused|"
        r"blocked|not accepted)|rejected (?:by|recipient)|retry timeout|transcript of session|"
        r"still undelivered|has not (?:yet )?been delivered|delayed|message non-deliverable|"
        r"will (?:be )?retr"
        r"|nicht (?:zugestellt|zustellbar|übermittelt|ausgeliefert|erreicht)|unzustellbar|"
        r"fehlgeschlagen|non remis|n'a (?:pas )?pu|échec|impossible (?:de|d')|"
        r"no (?:se )?(?:ha )?(?:podido|pudo)|entrega|rechazad|mancat\w+ (?:recapit|consegna)|"
        r"non (?:è stato|è) (?:possibile )?(?:recapit|consegn)|não (?:foi|pôde)|"
        r"niet (?:worden )?(?:bezorgd|afgeleverd)"
        r"|送信(?:に失敗|できません|できなかった)|届きません|届かな|届けることができ|配信(?:でき|に失敗|不能)|配送(?:でき|に失敗)|"
        r"宛先(?:不明|が)|"
        r"退信|退回|无法|"
        r"投递失败|发送失败|失敗|반송|발송실패|전송(?:되지|에 실패)|존재하지 않는|не (?:может быть|было|удалось) ?достав|недостав|"
        r"nie (?:mogła?|można|został)|nebyl\w? (?:možné )?doruč|nemohl\w? být|δεν (?:ήταν|παραδόθηκε)|"
        r"teslim edilem|не вдалося|kunde inte|kunne ikke|ei voitu"
    ),
)
_REFUSED_IN_NUMBERS = re.compile(r"(?<![\d.])[45][0-5]\d[ -]|(?<![\d.])[45]\.\d\.\d{1,3}(?![.\d])")
_ARRIVED = re.compile(
    r"(?:successfully|was|been|were|is) (?:successfully )?(?:delivered|relayed) (?:to|for|into|"
    r"by)|successful mail delivery|delivery (?:was )?successful|relayed to the following|"
    r"has been (?:delivered|received|read|displayed|opened)|was (?:read|displayed|opened)\b|"
    r"(?:zugestellt|remis|entregado) (?:an|à|a)\b"
)
_NOT_ARRIVED = re.compile(
    r"(?:not|n't|never|un|yet)\b.{0,20}(?:delivered|relayed)|undeliver|fail|[45]\.\d\.\d|"
    r"\b[45][0-5]\d[ -]|error|reject|refus|delay"
)
LOOKED_AT = 20_000


def is_delay(subject: str, text: str) -> bool:
    """True when the sender of this report goes on trying."""
    words = _plain(text[:LOOKED_AT])
    if _STILL.search(words):
        return not (_GONE.search(_FUTURE.sub(" ", words)) and not _SUBJECT_DELAY.search(subject))
    return bool(_SUBJECT_DELAY.search(subject)) and not _SUBJECT_FINAL.search(subject) and not _GONE.search(words)


def speaks_of_failure(subject: str, text: str) -> bool:
    """True when it says that something did not arrive, in words or in numbers."""
    words = _plain(f"{subject}\n{text[:4_000]}")
    return bool(_FAILURE.search(words) or _REFUSED_IN_NUMBERS.search(words))


def speaks_of_success(subject: str, text: str) -> bool:
    """True when it says that the message arrived, and nothing else."""
    words = _plain(f"{subject}\n{text[:4_000]}")
    return bool(_ARRIVED.search(words)) and not _NOT_ARRIVED.search(words)


def _plain(text: str) -> str:
    return " ".join(text.lower().replace("’", "'").split())
