"""What kind of mail came back, as far as that can be told before anybody’s address is looked at."""

from __future__ import annotations

import re

from bounce_listener.readers import addresses, outcome
from bounce_listener.readers.letter import Leaf, Letter

# (pattern, whose) in From: machines that send reports.
_REPORTERS = re.compile(
    (
        r"mailer[-_. ]?da?emon|post[-_. ]?ma?ster|mail[-_. ]?(?:delivery|deliver|system|router|"
        r"gateway|server|administrator|admin)|deliver(?:y|ed)?[-_. ](?:sub)?(?:system|status|"
        r"notification|service|failure|report)|"
        r"system[-_. ]?admin|(?:smtp|mail|bounce|error|return)s?[-_. ]?(?:daemon|agent|manager)|"
        r"daemon@|microsoft ?exchange|microsoftexchange|non-?delivery|undeliver|"
        r"internet mail|mail transport|mta@|mdaemon|smtp[-_.]?(?:gateway|server)|listserv|bounces?@|"
        r"no-?reply@(?:sns|x\d)|mailadmin|<>\s*$|antispam|interscan|mimesweeper|sweeper"
    ),
    re.IGNORECASE,
)
# Subjects of reports: (English, then other languages).
_SUBJECT = re.compile(
    (
        r"undeliver|un-?delivered|not (?:be )?deliver|non-?deliver|deliver\w* (?:status|failure|"
        r"failed|fail|report|error|notification|notice|delay|problem|has failed|incomplete)|"
        r"fail\w* (?:of )?(?:mail |message )?(?:deliver|notice|to deliver)|failure (?:notice|"
        r"delivery)|"
        r"returned (?:e?-?mail|message|to sender)|return(?:ed|ing)? (?:message )?to sender|"
        r"mail (?:delivery|system error|failed|failure|not|could not|error)|message (?:not|could not|"
        r"delayed|undeliverable|delivery|status|rejected|blocked)|"
        r"(?:could|can|did|was|were) ?(?:not|n't) (?:be )?(?:sent|send|deliver)|bounced?\b|"
        r"nondeliverable|mail (?:rejected|refused|blocked)|rejected|error (?:sending|message|mail)|"
        r"user unknown|unknown (?:user|recipient)|recipient (?:unknown|rejected)|delay|"
        r"unzustellbar|zustell|fehlgeschlagen|non remis|remise|échec|retour|entrega|rechaz|devuelto|"
        r"mancat|consegna|nedoru|doruč|niedost|onbestelbaar|недостав|не доставлен|доставк|エラー|配信|配送|"
        r"送信|退信|投递|无法|失败"
    ),
    re.IGNORECASE,
)
_AUTO_SUBJECT = re.compile(
    (
        r"^(?:re: ?|aw: ?)?(?:\[?auto(?:matic|mated|mat)?[-_ ]?(?:re(?:ply|sponse|spons|sponder|"
        r"plied))|auto: |out of (?:the )?office|out of town|ooo\b|on (?:holiday|vacation|leave)|"
        r"away from|i am away|vacation|abwesen|automatische (?:antwort|abwesenheit)|"
        r"réponse automatique|absence|respuesta autom|risposta automatica|resposta automática|"
        r"automatisch antwoord|automatiskt? svar|autosvar|automaattinen|odpowiedź automatyczna|"
        r"автоответ|автоматический ответ|自動(?:応答|返信)|自动(?:回复|答复))|out of office|auto-?reply|autoreply|"
        r"automatic reply|autorespon|auto-?response|away message"
    ),
    re.IGNORECASE,
)
_STATISTICS = re.compile(r"^report domain:|tls report|dmarc (?:aggregate|report)", re.IGNORECASE)
_AUTO_HEADERS = (
    "x-autoreply",
    "x-autorespond",
    "x-autoresponder",
    "x-auto-reply",
    "x-vacation",
    "x-mail-autoreply",
    "x-autoreply-from",
    "x-facebook-notify-out",
)
_COMPLAINT = re.compile(r"^complaint about message from|^abuse report|feedback loop", re.IGNORECASE)
_JMRP = re.compile(r"hotmail|live\.com|outlook|msn|feedback|fbl|staff@", re.IGNORECASE)
_FEEDBACK = re.compile(r"^Feedback-Type: ?\w", re.MULTILINE)
# A person forwards or answers: no report, whatever is quoted.
_PASSED_ON = re.compile(r"\s{0,4}(?:fwd?|re|tr|wg|aw|rv|i|enc|vs|sv|doorst)\s{0,2}(?:\[\d\])?:", re.IGNORECASE)
_REPORT_TYPES = ("", "delivery-status", "global-delivery-status")


def is_complaint(letter: Letter) -> bool:
    """A recipient pressed “spam”: ARF (RFC 5965), or Hotmail’s JMRP, which sends the message alone."""
    if letter.report_type == "feedback-report":
        return True
    if _COMPLAINT.search(letter.header("subject")) and _JMRP.search(letter.header("from")):
        return True
    return any(_tells_feedback(leaf) for leaf in letter.leaves[:4])


def is_receipt(letter: Letter) -> bool:
    """A disposition notification (RFC 8098): what became of a message that had arrived."""
    if letter.report_type.endswith("disposition-notification"):
        return True
    types = {leaf.content_type for leaf in letter.leaves}
    return "leaf/disposition-notification" in types and "leaf/delivery-status" not in types


def _tells_feedback(leaf: Leaf) -> bool:
    if leaf.content_type == "leaf/feedback-report":
        return True
    head = leaf.text[:4_000] if leaf.content_type.startswith("text/") else ""
    return "Feedback-Type:" in head and bool(_FEEDBACK.search(head)) and ("User-Agent:" in head or "Version:" in head)


def is_automatic_reply(letter: Letter) -> bool:
    """Out of office and the like, by header or subject."""
    if any(letter.has(name) for name in _AUTO_HEADERS):
        return True
    if _STATISTICS.search(letter.header("subject")) or not letter.text.strip():
        return False
    if from_a_machine(letter):
        return has_automatic_subject(letter)  # mail systems mark reports as auto-replied too
    submitted = letter.header("auto-submitted").lower()
    precedence = letter.header("precedence").lower()
    return (
        submitted.startswith("auto-replied")
        or precedence in ("auto_reply", "auto-reply", "autoreply")
        or bool(_AUTO_SUBJECT.search(letter.header("subject")))
    )


def has_automatic_subject(letter: Letter) -> bool:
    """“Out of office”, “Automatic reply”, in the languages we know."""
    return bool(_AUTO_SUBJECT.search(letter.header("subject")))


def from_a_machine(letter: Letter) -> bool:
    """From a mail system and not from a person or a list."""
    return bool(_REPORTERS.search(letter.header("from")))


def is_passed_on(letter: Letter) -> bool:
    """A forwarding or an answer by its subject, or what a list sends out: whatever it quotes, it is no report."""
    if _PASSED_ON.match(letter.header("subject")):
        return True
    return letter.has("list-id") or letter.has("list-unsubscribe")


def comes_from_nobody(letter: Letter) -> bool:
    """Its sender is empty (RFC 3464 section 2), or it is signed by a postmaster or mailer-daemon."""
    if letter.header("return-path").replace(" ", "") == "<>":
        return True
    return any(addresses.is_machinery(one) for one in addresses.all_in(letter.header("from")))


def comes_like_a_report(letter: Letter) -> bool:
    """From the empty sender, from a mail system as far as that is told, or with a report's subject."""
    if not letter.has("return-path") and from_a_machine(letter):
        return True
    return letter.header("return-path").replace(" ", "") == "<>" or bool(_SUBJECT.search(letter.header("subject")))


def may_be_report(letter: Letter) -> bool:
    """Enough evidence that words of failure in it are a mail system's: its sender, structure or way of coming."""
    if letter.content_type == "multipart/report" and letter.report_type in _REPORT_TYPES:
        return True
    machine = from_a_machine(letter)
    if not machine and _PASSED_ON.match(letter.header("subject")):
        return False
    if letter.has("x-failed-recipients") or any(
        leaf.content_type.endswith("delivery-status") for leaf in letter.leaves
    ):
        return True
    nowhere = letter.header("return-path").replace(" ", "") == "<>" or letter.header("from").strip() in ("", "<>")
    subject = bool(_SUBJECT.search(letter.header("subject")))
    if letter.has("list-id") or letter.has("list-unsubscribe"):
        # a list passes on what came back to it; a newsletter only writes about it
        return machine and (subject or outcome.speaks_of_failure("", letter.text))
    if letter.header("in-reply-to") and not machine and not nowhere:
        return False
    automatic = letter.header("auto-submitted").lower().startswith("auto-")
    if machine or (subject and (nowhere or automatic)):
        return True
    return nowhere and outcome.speaks_of_failure("", letter.text) and not has_automatic_subject(letter)
