"""Still trying, given up, or arrived: decided before anybody’s address is believed.

A delay notice taken for a failure harms a patient, so the words of a delay win over any code and any word of failure.
"""

from __future__ import annotations

import re

from bounce_listener.readers import delay_words

_RETRIES = re.compile("|".join(pattern for pattern, _ in delay_words.WILL_RETRY))
_DELAYED = re.compile("|".join(pattern for pattern, _ in delay_words.SOUNDS_DELAYED))
_GONE = re.compile("|".join(pattern for pattern, _ in delay_words.GIVEN_UP))
_SUBJECT_FINAL = re.compile(r"(?:fail|undeliver|returned|rejected|error|permanent|unzustell|non remis)", re.IGNORECASE)
# That something failed, in the words of mail systems. (English first, then by language)
_FAILURE = re.compile(
    (
        r"undeliver|un-deliver|not (?:be )?(?:successfully )?(?:deliver|reach|sent|transmit)|"
        r"n't (?:be )?(?:deliver|reach|sent)|not able to (?:deliver|send)|unable to (?:deliver|send|"
        r"relay|complete)|(?:cannot|can't|could not|did not) (?:be )?(?:deliver|send|sent|process|reach|"
        r"receive)"
        r"|deliver\w*[^\n]{0,60}\bfail|fail\w*[^\n]{0,60} deliver|delivery (?:error|problem|report|"
        r"incomplete)|(?:failed|invalid|rejected|unknown|bad) (?:address|recipient|user|mailbox)|"
        r"returned (?:mail|message|to)|return(?:ing|ed) message|failure notice|had (?:permanent|"
        r"delivery|transient)|(?:error|problem) (?:has )?occurred|notification: error|"
        r"permanent (?:error|failure|fatal)|permanently|fatal error|mail system error|no such (?:user|"
        r"mailbox|recipient|address)"
        r"|user (?:is )?unknown|unknown user|mailbox (?:is )?(?:full|unavailable|not found|disabled)|"
        r"over (?:its )?quota|does(?: not|n't) exist|trouble delivering|(?:was|been|is) (?:rejected|refused|"
        r"blocked|returned|not accepted)|rejected (?:by|recipient)|retry timeout|transcript of session|"
        r"still undelivered|has not (?:yet )?been delivered|delayed|message non-deliverable|"
        r"will (?:be )?retr"
        r"|nicht (?:zugestellt|zustellbar|übermittelt|ausgeliefert|erreicht)|unzustellbar|"
        r"fehlgeschlagen|non remis|n'a (?:pas )?(?:pu|été)|[ée]chec|est pleine|impossible (?:de|d')|zuzustellen"
        r"|nicht möglich|nicht bekannt|fehler bei der zustellung|n'existe pas|n'est pas parvenu|devuelto|nepodařilo|"
        r"no (?:se )?(?:ha )?(?:podido|pudo)|entrega|rechazad|mancat\w+ (?:recapit|consegna)|"
        r"non (?:è stato|è) (?:possibile )?(?:recapit|consegn)|não (?:foi|pôde)|"
        r"niet (?:worden )?(?:bezorgd|afgeleverd)"
        r"|送信(?:に失敗|できません|できなかった)|届きません|届かな|届けることができ|配信(?:でき|に失敗|不能)|配送(?:でき|に失敗)|"
        r"宛先(?:不明|が)|"
        r"退信|退回|无法|"
        r"投递失败|发送失败|失敗|반송|발송실패|전송(?:되지|에 실패)|존재하지 않는|"
        r"не (?:может быть|было|удалось) ?достав|недостав|ошибка доставки|отклонен|"
        r"nie (?:mogła?|można|został)|nebyl\w? (?:možné )?doruč|nemohl\w? být|δεν (?:ήταν|παραδόθηκε)|"
        r"teslim edilem|не (?:вдалося|було достав)|kunde inte|inte att leverera|kunne ikke|kan ikke leveres|ei voitu"
    ),
)
# That a whole message did not arrive: enough when nobody is named, since then the return path alone says whose it was.
_NOT_DELIVERED = re.compile(
    r"undeliver(?:ed|able)|(?:could|can|was|were)(?: not|n't|not) be (?:successfully )?(?:deliver|sent)"
    r"|(?:was|were|is) not deliver"
    r"|wasn't deliver|unable to deliver|delivery (?:has )?failed|delivery failure"
    r"|deliver\w* [^.]{0,40}\(?fail(?:ed|ure)|failed to deliver"
    r"|failure notice|returned mail|mail system error|permanent (?:error|failure|fatal)|failed permanently"
    r"|unzustellbar|nicht zugestellt|non remis|n'a (?:pas )?(?:pu être|été)|zuzustellen"
    r"|no se (?:ha )?(?:podido|pudo) entregar"
    r"|"
    r"gick inte att leverera|kunde inte levereras|kunne ikke leveres|"
    r"送信できません|届きません|退信|无法送达|無法(?:投遞|送達)|не может быть достав|반송"
)
_REFUSED_IN_NUMBERS = re.compile(r"(?<![\d.])[45][0-5]\d[ -]|(?<![\d.])[45]\.\d\.\d{1,3}(?![.\d])")
_ARRIVED = re.compile(
    r"(?:successfully|was|been|were|is) (?:successfully )?(?:delivered|relayed) (?:to|for|into|by)"
    r"|successful mail delivery|delivery (?:was )?successful|relayed to the following"
    r"|delivery to (?:these|the following) (?:\S{1,20} ){1,5}is complete"
    r"|has been (?:delivered|received|read|displayed|opened)|was (?:read|displayed|opened)\b"
    r"|(?:zugestellt|remis|entregado) (?:an|à|a)\b"
    r"|wurden? (?:\S{1,30} ){0,5}zugestellt|a (?:bien )?été (?:remis|distribué)"
    r"|(?:se ha|ha sido|fue) entregado|è stato (?:recapitato|consegnato)"
    r"|配信されました|успешно доставлен|已成功(?:送达|投递)"
)
_NOT_ARRIVED = re.compile(
    r"(?:not|n't|never|un|yet)\b.{0,20}(?:delivered|relayed)|undeliver|fail|[45]\.\d\.\d|"
    r"\b[45][0-5]\d[ -]|error|reject|refus|delay"
    r"|\b(?:nicht|kein\w{0,2}|niet|não|non|impossible)\b|n'a |\bno (?:se|ha|fue)\b"
    r"|\bне |ません|失敗|エラー|无法|未"
)
_ACCEPTED = re.compile(r"\b250 (?:2\.\d\.\d )?|\b2\.[01]\.\d\b|successfully (?:delivered|relayed)")
LOOKED_AT = 20_000


def is_delay(subject: str, text: str) -> bool:
    """True when the sender of this report goes on trying."""
    words = delay_words.NO_MORE.sub(" given up ", plain(text[:LOOKED_AT]))
    if _RETRIES.search(words):
        return True
    gone = bool(_GONE.search(delay_words.FUTURE.sub(" ", words)))
    if _DELAYED.search(words):
        return not gone or bool(delay_words.SUBJECT_DELAY.search(subject))
    return bool(delay_words.SUBJECT_DELAY.search(subject)) and not _SUBJECT_FINAL.search(subject) and not gone


def gave_up(text: str) -> bool:
    """True when it says that no more is tried."""
    words = delay_words.NO_MORE.sub(" given up ", plain(text[:LOOKED_AT]))
    return bool(_GONE.search(delay_words.FUTURE.sub(" ", words)))


def speaks_of_failure(subject: str, text: str) -> bool:
    """True when it says that something did not arrive, in words or in numbers."""
    words = plain(f"{subject}\n{text[:4_000]}")
    return bool(_FAILURE.search(words) or _REFUSED_IN_NUMBERS.search(words))


def says_not_delivered(subject: str, text: str) -> bool:
    """True when it says in so many words that a message did not arrive. Stricter than `speaks_of_failure`."""
    return bool(_NOT_DELIVERED.search(plain(f"{subject}\n{text[:4_000]}")))


def was_accepted(diagnostic: str) -> bool:
    """True when what is said of one recipient is a success: “delivery via …: 250 2.0.0 Ok”."""
    words = diagnostic[:600].lower()
    return bool(_ACCEPTED.search(words)) and not _REFUSED_IN_NUMBERS.search(words)


def speaks_of_success(subject: str, text: str) -> bool:
    """True when it says that the message arrived, and nothing else."""
    words = plain(f"{subject}\n{text[:4_000]}")
    return bool(_ARRIVED.search(words)) and not _NOT_ARRIVED.search(words)


def plain(text: str) -> str:
    return " ".join(text.lower().replace("’", "'").split())
