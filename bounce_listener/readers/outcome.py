"""Still trying, given up, or arrived: decided before anybody’s address is believed.

A delay notice taken for a failure harms a patient, so the words of a delay win over any code and any word of failure.
"""

from __future__ import annotations

import re

# (pattern, who says so). With any of these the other side goes on trying, whatever else it says.
_WILL_RETRY: tuple[tuple[str, str], ...] = (
    (r"(?:has|have) not yet been delivered|(?:hasn't|haven't) been delivered yet", "Exim, Exchange"),
    (r"delivery attempts will (?:continue|be made)|attempts (?:to deliver )?(?:the message )?will continue", "Exim"),
    (r"this is a warning (?:message )?only|warning message only", "Sendmail, Gmail before 2016, Postfix, Zoho"),
    (r"(?:do|does) not need to (?:re-?send|send)|no need to re-?send|should not re-?send", "Sendmail, OpenSMTPD"),
    (r"don't (?:need to |have to )re-?send", "Exchange"),
    (r"delivery incomplete|temporary (?:problem|failure) delivering", "Gmail"),
    (r"will (?:keep |continue )?retry(?:ing)?\b|will be retried|it will be retried until", "Gmail, Zoho, Postfix"),
    (r"will (?:keep|continue) (?:on )?(?:trying|to (?:be )?(?:try|tried|attempt))", "Exchange, Sendmail, atlas.cz"),
    (
        r"will (?:be (?:attempted|tried) again|continue to be attempted|try (?:again|to (?:re)?deliver) (?:for|until))",
        "Exchange",
    ),
    (r"will (?:attempt|try) (?:re-?)?delivery|delivery will continue", "CommuniGate, Exchange"),
    (
        r"(?:is|am|are) still trying|still (?:awaiting delivery|being (?:tried|attempted|retried|queued))",
        "qmail, atlas.cz",
    ),
    (r"temporary failure report|only a temporary (?:failure|error|problem)", "OpenSMTPD"),
    (r"still undelivered|remains undelivered", "Sendmail"),
    (r"just a warning|only a warning|need to take any action", "ISP relays"),
    (r"versuch(?:t|en) (?:es )?weiter|wird weiterhin versucht|noch nicht zugestellt", "German"),
    (r"n'a pas encore été (?:remis|distribué|délivré)|nouvelles? tentatives? (?:ser|de remise)", "French"),
    (r"seguir(?:á|emos) intentando|todavía no se ha", "Spanish"),
    (r"non è stato ancora|nuovi tentativi", "Italian"),
    (r"再送(?:し(?:ます|ています)|を続け)|まだ配信されて", "Japanese"),
    (r"повторные попытки|попытки доставки будут", "Russian"),
    (r"将继续(?:尝试|重试)|继续尝试", "Chinese"),
)
# These speak of a delay; a report that also says that it gave up is final.
_SOUNDS_DELAYED: tuple[tuple[str, str], ...] = (
    (
        r"(?:message|mail|delivery|e-mail) (?:\S{1,30} ){0,6}(?:has been|is being|was|is|being) delayed",
        "Gmail, atlas.cz",
    ),
    (
        r"is delayed for more than|has been delayed|delivery (?:is )?(?:delayed|deferred)|delivery delay",
        "OpenSMTPD, Exchange",
    ),
    (r"transient non-fatal errors|temporary non-fatal", "Sendmail, MDaemon"),
    (r"(?:notified|informed|told) if|(?:be notified|hear from us) (?:only )?if", "Gmail, Postfix"),
    (r"(?:still|remains?) (?:in the queue|queued)|is (?:still )?queued for", "Sun"),
    (r"no action is required on your part", "Exim"),
    (
        r"keep trying|zustellung (?:ist |wurde )?verzögert|remise (?:est |a été )?(?:retardée|différée)",
        "German, French",
    ),
    (r"se ha retrasado|la consegna .{0,30}ritard|配信が遅れて|配送が遅延|задержива|отложен|延迟", "other languages"),
)
_GIVEN_UP: tuple[tuple[str, str], ...] = (
    (r"retry (?:time(?:out)?|limit) (?:exceeded|has been exceeded)|not reached for any host after a long", "Exim"),
    (r"given up|gave up|giving up\b(?! on delivery if)|not going to try again", "qmail, Courier"),
    (
        r"in the queue too long|queue lifetime|delivery (?:time )?expired|too long in (?:the )?queue|has expired",
        "qmail, Sendmail",
    ),
    (r"could not be delivered (?:for (?:the last )?\d+ days?|after|within)", "Sendmail"),
    (
        r"message will be deleted from queue|return(?:ed|ing) (?:it )?to (?:you|the sender)|"
        r"removed from (?:the )?(?:mail )?queue",
        "Sendmail, MDaemon",
    ),
    (
        r"(?:this is a |with |had )(?:permanent|fatal)|permanent(?:ly)? (?:error|fail|fatal)|failed permanently",
        "Exim, Gmail, Sendmail",
    ),
    (r"unrecoverable error|permanent delivery|maximum (?:number of )?(?:retries|attempts|delivery)", "others"),
)

_RETRIES = re.compile("|".join(pattern for pattern, _ in _WILL_RETRY))
_DELAYED = re.compile("|".join(pattern for pattern, _ in _SOUNDS_DELAYED))
_GONE = re.compile("|".join(pattern for pattern, _ in _GIVEN_UP))
# Phrases a delay notice also has ("if the delivery fails permanently", "will be returned to you").
_FUTURE = re.compile(
    r"(?:if|when|until|eventually|before|after which|then) [^.\n]{0,120}(?:permanent|give up|"
    r"given up|returned? (?:it )?to)[^.\n]{0,40}|will (?:then )?be returned to you|"
    r"you'll be notified if[^.\n]{0,80}"
)
# "will not continue trying" holds the words of a delay and says the opposite.
_NO_MORE = re.compile(
    r"(?:\b(?:not|never)|won't|no longer|unable to) (?:be )?(?:continue|keep|going to|retr|"
    r"re-?try|tr(?:y|ied)\b|attempt)"
    r"[^.]{0,40}|no (?:further|more|additional) (?:delivery )?(?:attempt|retr)[^.]{0,60}|"
    r"(?:stopped|ceased) (?:trying|retrying)"
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
        r"|deliver\w*[^\n]{0,60}\bfail|fail\w*[^\n]{0,60} deliver|delivery (?:error|problem|report|"
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
        r"投递失败|发送失败|失敗|반송|발송실패|전송(?:되지|에 실패)|존재하지 않는|"
        r"не (?:может быть|было|удалось) ?достав|недостав|"
        r"nie (?:mogła?|można|został)|nebyl\w? (?:možné )?doruč|nemohl\w? být|δεν (?:ήταν|παραδόθηκε)|"
        r"teslim edilem|не вдалося|kunde inte|inte att leverera|kunne ikke|kan ikke leveres|ei voitu"
    ),
)
# That a whole message did not arrive: enough when nobody is named, since then the return path alone says whose it was.
_NOT_DELIVERED = re.compile(
    r"undeliver(?:ed|able)|(?:could|can|was|were)(?: not|n't|not) be (?:successfully )?(?:deliver|sent)"
    r"|(?:was|were|is) not deliver"
    r"|wasn't deliver|unable to deliver|delivery (?:has )?failed|delivery failure"
    r"|deliver\w* [^.]{0,40}\(?fail(?:ed|ure)|failed to deliver"
    r"|failure notice|returned mail|mail system error|permanent (?:error|failure|fatal)|failed permanently"
    r"|unzustellbar|nicht zugestellt|non remis|n'a (?:pas )?pu être|no se (?:ha )?(?:podido|pudo) entregar"
    r"|"
    r"gick inte att leverera|kunde inte levereras|kunne ikke leveres|"
    r"送信できません|届きません|退信|не может быть достав|반송"
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
    words = _NO_MORE.sub(" given up ", _plain(text[:LOOKED_AT]))
    if _RETRIES.search(words):
        return True
    gone = bool(_GONE.search(_FUTURE.sub(" ", words)))
    if _DELAYED.search(words):
        return not gone or bool(_SUBJECT_DELAY.search(subject))
    return bool(_SUBJECT_DELAY.search(subject)) and not _SUBJECT_FINAL.search(subject) and not gone


def gave_up(text: str) -> bool:
    """True when it says that no more is tried."""
    words = _NO_MORE.sub(" given up ", _plain(text[:LOOKED_AT]))
    return bool(_GONE.search(_FUTURE.sub(" ", words)))


def speaks_of_failure(subject: str, text: str) -> bool:
    """True when it says that something did not arrive, in words or in numbers."""
    words = _plain(f"{subject}\n{text[:4_000]}")
    return bool(_FAILURE.search(words) or _REFUSED_IN_NUMBERS.search(words))


def says_not_delivered(subject: str, text: str) -> bool:
    """True when it says in so many words that a message did not arrive. Stricter than `speaks_of_failure`."""
    return bool(_NOT_DELIVERED.search(_plain(f"{subject}\n{text[:4_000]}")))


def speaks_of_success(subject: str, text: str) -> bool:
    """True when it says that the message arrived, and nothing else."""
    words = _plain(f"{subject}\n{text[:4_000]}")
    return bool(_ARRIVED.search(words)) and not _NOT_ARRIVED.search(words)


def _plain(text: str) -> str:
    return " ".join(text.lower().replace("’", "'").split())
