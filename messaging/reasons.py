"""Why a message did not arrive: one short list, in plain English, with what to do next.

`reason_for` combines the three things a mail server says (enhanced status, RFC 3463; reply code, RFC 5321; and
its own words), because servers misuse each of them alone. Used for answers while sending and for reports.
Pure: no input or output, linear time, never raises.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

LOOKED_AT = 2_000  # characters of a diagnostic that are read; the rest is never looked at


class Meaning(NamedTuple):
    """What a reason says on the page and what follows from it."""

    label: str
    sentence: str
    next_step: str
    address_is_wrong: bool
    is_permanent: bool


class Reason(StrEnum):
    """Stored by value, at most 32 characters."""

    NO_SUCH_MAILBOX = "no_such_mailbox"
    NO_SUCH_DOMAIN = "no_such_domain"
    MAILBOX_FULL = "mailbox_full"
    MAILBOX_CLOSED = "mailbox_closed"
    REFUSED_BY_RULES = "refused_by_rules"
    OUR_MAIL_REFUSED = "our_mail_refused"
    CONTENT_REFUSED = "content_refused"
    TOO_BIG = "too_big"
    NOT_REACHED_IN_TIME = "not_reached_in_time"
    LOOP = "loop"
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        """A short heading to group by."""
        return _MEANINGS[self].label

    @property
    def sentence(self) -> str:
        """What happened, for a practice manager."""
        return _MEANINGS[self].sentence

    @property
    def next_step(self) -> str:
        """What the practice can do about it."""
        return _MEANINGS[self].next_step

    @property
    def address_is_wrong(self) -> bool:
        """True when mail to this address cannot reach the patient, whoever sends it."""
        return _MEANINGS[self].address_is_wrong

    @property
    def is_permanent(self) -> bool:
        """True when sending the same message again will not help."""
        return _MEANINGS[self].is_permanent


_ASK = "Ask the patient for their email address."
_OURS = "The address is probably right. Tell your mail administrator."

_MEANINGS: dict[Reason, Meaning] = {
    Reason.NO_SUCH_MAILBOX: Meaning("No such mailbox", "There is no mailbox with this name.", _ASK, True, True),
    Reason.NO_SUCH_DOMAIN: Meaning(
        "No such email domain",
        "The part of the address after the @ does not exist, or does not take email.",
        "Check it for a typing slip, or ask the patient for their email address.",
        True,
        True,
    ),
    Reason.MAILBOX_FULL: Meaning(
        "Mailbox full",
        "Their mailbox is full.",
        "You could try again in a few days, or phone.",
        False,
        False,
    ),
    Reason.MAILBOX_CLOSED: Meaning(
        "Mailbox closed",
        "Their mailbox has been closed, or is not in use.",
        "Ask the patient for another email address.",
        True,
        True,
    ),
    Reason.REFUSED_BY_RULES: Meaning(
        "Refused by the patient’s side",
        "The patient’s mailbox or email provider does not accept messages from you.",
        "The address is probably right. Contact the patient another way.",
        False,
        True,
    ),
    Reason.OUR_MAIL_REFUSED: Meaning(
        "Our mail was refused",
        "Their email provider refused us, not the patient.",
        _OURS,
        False,
        False,
    ),
    Reason.CONTENT_REFUSED: Meaning(
        "Message refused",
        "Their email provider did not like the words or the attachments of this message.",
        "The address is probably right. Contact the patient another way, and tell your mail administrator.",
        False,
        True,
    ),
    Reason.TOO_BIG: Meaning(
        "Message too big",
        "The message was too big for their mailbox.",
        "Send it again without the document, or contact the patient another way.",
        False,
        True,
    ),
    Reason.NOT_REACHED_IN_TIME: Meaning(
        "Could not be reached in time",
        "Their email provider could not be reached, although it was tried again and again.",
        "You could try again tomorrow. If it happens again, ask the patient for another email address.",
        False,
        False,
    ),
    Reason.LOOP: Meaning(
        "Sent round in circles",
        "Their mailbox passes messages on in a circle, so none arrives.",
        "Contact the patient another way. Only they or their email provider can mend it.",
        False,
        True,
    ),
    Reason.UNKNOWN: Meaning(
        "Reason not given",
        "We were told that it did not arrive, but not clearly why.",
        "Check the address with the patient.",
        False,
        False,
    ),
}


def _any(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases), re.IGNORECASE)


# Words, strongest first: the first row that matches wins. Every pattern is an alternation without nested
# repetition, so that matching takes linear time. A comment names who says so.
_OUR_WORDS = _any(
    r"\bspf\b(?! ?softfail pass)",
    r"\bdkim\b",
    r"\bdmarc\b",
    r"sender policy framework",
    r"unauthenticated (?:e-?mail|sender)",
    r"not authenticated",
    r"authentication (?:is )?required",
    r"must be authenticated",
    r"authentication[- ](?:checks|credentials|failed|information)",
    r"relay(?:ing)?(?: access)? (?:is )?(?:denied|not (?:permitted|allowed)|prohibited)",
    r"unable to relay",
    r"not permitted to relay",
    r"cannot relay",
    r"we do not relay",
    r"relaying",
    r"(?<!reason )black ?-?list",
    r"block ?-?list",
    r"\bd?nsbl\b",
    r"\brbl\b",
    r"\bdnsrbl\b",
    r"spamhaus",
    r"spamcop",
    r"barracuda(?:central| reputation)",
    r"sorbs",
    r"mail-abuse\.org",
    r"blocked for (?:abuse|spam)",
    r"blocked (?:using|by rbl|due to)",
    r"\breputation\b",
    r"senderscore",
    r"senderbase",
    r"reverse (?:dns|lookup|hostname)",
    r"\bptr\b",
    r"\brdns\b",
    r"no (?:rdns|reverse)",
    r"cannot find your (?:hostname|reverse)",
    r"helo (?:command )?rejected",
    r"invalid (?:helo|ehlo)",
    r"bad (?:helo|ehlo)",
    r"unverifyable sending",
    r"your (?:ip|server|mail server|host|domain)\b.{0,40}"
    r"(?:blocked|rejected|refused|listed|banned|not (?:allowed|permitted|authorized))",
    r"(?:your|the) (?:ip|server|mail server|client host|network|host) .{0,40}(?:rate limit|been blocked|is on|in use on)",
    r"messages? from .{3,60} (?:weren'?t|was ?n[o']t) sent",
    r"part of their network is on our block",
    r"client host .{0,80}(?:rejected|blocked)",
    r"banned sending ip",
    r"ip (?:address )?(?:is |has been )?(?:blocked|banned)",
    r"unauthori[sz]ed sender",
    r"sender (?:address )?(?:was )?(?:rejected|denied|refused|not allowed|blocked)",
    r"sender (?:domain|is) (?:blocked|invalid|must exist|not (?:exist|valid))",
    r"sender verif(?:y|ication)",
    r"unrouteable sender|unroutable sender",
    r"invalid sender",
    r"bad (?:sender|return)",
    r"domain of sender address .{0,80} does not (?:exist|resolve)",
    r"sender domain",
    r"not (?:allowed|authori[sz]ed|permitted) to send",
    r"mail from .{0,60}(?:not allowed|rejected|denied|blocked)",
    r"too many (?:connections|messages|recipients|concurrent|sessions|emails|errors from)",
    r"rate[- ]?(?:limit|control)",
    r"(?:sending|hourly|daily|message) (?:limit|quota|rate)",
    r"throttl",
    r"exceeded the (?:allowed|maximum|hourly|max )",
    r"sending limit",
    r"trop de connexions",
    r"slow down",
    r"greylist|graylist|postgrey",
    r"tls (?:is )?required",
    r"must issue a starttls",
    r"encryption (?:is )?required",
    r"suspicious due to",
    r"unsolicited mail originating from",
    r"unusual rate of unsolicited",
    r"unexpected volume",
    r"user complaints",
    r"bulk mail|bulk senders?",
    r"open relay",
    r"please use the smtp server of your isp",
    r"dynamic (?:ip|address)",
    r"residential",
    r"generic (?:rdns|hostname)",
    r"access denied, sending",
    r"my name was rejected",
    r"invalid domain name",
    r"no permission to send",
    r"sender(?: address)? is on",
    r"senderfilter",
    r"connection refused by our policy",
    r"tss\d\d",
    r"\[(?:ts|gl|rl|bl|cs)\d\d\]",
    r"ofr_?[0-9]{3}",
    r"lpn007",
    r"\bsc-00[1-9]\b",
    r"\bdy-00[1-9]\b",
    r"arc validation",
    r"not (?:rfc )?compliant with dmarc",
    r"(?:mail|email) from (?:this|your) (?:ip|server|host|domain)",
    r"suspended\. please contact|account.{0,30}suspended from sending|sender.{0,20}suspended",
)
_MAILBOX_WORDS = _any(
    r"(?:user|recipient|mailbox|account|address|addressee|alias|person|customer|id)(?: name| address| account|\(s\))?\b[^.;]{0,60}?"
    r"\b(?:is )?(?:unknown|(?:does|do|did|could) ?n[o']t ?(?:be )?(?:exist|found)|not (?:found|exist|exists|known|listed|recogni[sz]ed|local|valid|in)\b|"
    r"doesn'?t (?:exist|have)|dosn'?t exist|non-?existent|invalid|unrecogni[sz]ed)",
    r"\b(?:unknown|no such|invalid|illegal|bad|nonexistent|non-existent|unrecogni[sz]ed|unrouteable|undeliverable|wrong)"
    r"[\w /-]{0,24} ?(?:user|recipient|mailbox|account|address|addressee|alias|rcpt|person|local ?part|customer|id)\b",
    r"no mailbox (?:here )?(?:by|with) that name", r"no (?:valid )?(?:mailbox|account|user) (?:here|by|with|found|for)\b",
    r"not (?:a )?(?:known|valid|local) (?:user|recipient|mailbox|account)",
    r"not a registered", r"not listed in (?:public name|domino|the)", r"no matches to nameserver query",
    r"does ?n[o']t have an? .{0,40}account", r"mailbox not found", r"mailbox unavailable", r"recipient not found",
    r"recipnotfound|resolver\.adr|recipientnotfound", r"user ?unknown", r"unknown ?user", r"user not found",
    r"email (?:address|account) that you (?:tried|entered)[^.]{0,60}(?:not exist|could ?n.t be found)",
    r"(?:wasn.?t|could ?n.t be|not) found at", r"address (?:you (?:entered|typed)|.{0,60}) (?:couldn.t|could not) be found",
    r"recipient (?:name )?is not recogni[sz]ed", r"no such (?:person|address|local|recipient|name|object|mail drop|mailbox)",
    r"no one (?:here )?by that name", r"delivery to this (?:user|address) is not", r"not our customer",
    r"this (?:user|address|account) (?:does not|doesn't|no longer) exist", r"unknown (?:local|or illegal|virtual)",
    r"recipient address rejected: (?:user|access denied|unknown|undeliverable|unverified|address|no such|invalid)",
    r"all recipient addresses rejected ?: ?access denied", r"unrouteable address", r"address unknown",
    r"invalid (?:e-?mail )?address", r"bad destination mailbox", r"(?:recipient|user|mailbox) .{0,70}no longer",
    r"destination mailbox address invalid", r"no recipients? (?:was|were)? ?found", r"chkuser|- chkusr",
    r"boîte (?:aux lettres )?(?:inexistante|introuvable)", r"(?:adresse|destinataire|utilisateur)[^.]{0,40}(?:inconnu|invalide|inexistant|n'existe)",
    r"(?:benutzer|empfänger|adresse|postfach)[^.]{0,40}(?:unbekannt|existiert nicht|nicht gefunden|nicht bekannt)",
    r"usuario (?:desconocido|no existe)", r"destinatario[^.]{0,40}(?:desconocido|no existe|sconosciuto)", r"utente (?:sconosciuto|non)",
    r"宛先.{0,20}(?:不明|存在|見つか)", r"メールアドレスが(?:見つか|存在)", r"пользовател[ья][^.]{0,40}не (?:найден|существует)",
    r"адрес.{0,40}не существует", r"用户不存在", r"收件人.{0,10}不存在",
)  # fmt: skip
_DOMAIN_WORDS = _any(
    r"(?:host|domain)(?: name)?(?: .{1,80}?)?(?: is)? (?:unknown|not found|does ?n[o']t exist|could not be found|not exist)(?!, try again)",
    r"unknown (?:host|domain|mail server)", r"no such (?:host|domain)", r"host unknown", r"unrouteable mail domain",
    r"name service error for .{0,120}(?:type=\w+: (?:host|domain|malformed)|host not found$)", r"\bnxdomain\b",
    r"couldn'?t find any host", r"couldn'?t find a mail exchanger", r"all relevant mx records point to non-existent",
    r"no (?:valid )?mx (?:record|host)?s?\b", r"an mx or srv record indicated no smtp service", r"null ?mx",
    r"does not accept (?:any )?(?:e?mail|messages)", r"domain (?:has no|without|not a valid)", r"dns error:",
    r"(?:domain|host) .{0,60} (?:couldn't|could not) be found", r"no servers? (?:found )?for", r"bad destination system",
    r"host or domain name not found\.", r"illegal host/domain", r"invalid (?:recipient )?domain", r"domain (?:is )?not hosted",
    r"missing the proper dns", r"the domain .{0,60}not exist", r"does not exist$|[a-z0-9-]+\.[a-z]{2,} does not exist",
)  # fmt: skip
_FULL_WORDS = _any(
    r"(?:mail ?box|mailfolder|inbox|account|user|recipient|mail ?drop|maildir|disk|storage|quota|mail store)[^.;]{0,60}"
    r"(?:\bfull\b|over[- ]?quota|exceed(?:ed|s|ing)?|out of (?:storage|space|disk)|quota|too (?:large|full))",
    r"over ?-?quota", r"quota (?:exceeded|full|limit|violation)", r"exceed(?:ed|s|ing)? (?:the )?(?:mailbox|storage|disk|quota|its quota|allowed space)",
    r"(?:insufficient|not enough) (?:disk|storage|space|system storage)", r"out of (?:storage|disk) space",
    r"mailbox ?full", r"is full\b", r"no space left", r"disk quota", r"would exceed", r"storage (?:space|limit)",
    r"boîte aux lettres pleine|quota dépassé", r"postfach (?:ist )?voll", r"buz[oó]n.{0,20}llen[oa]", r"casella.{0,20}piena",
    r"容量.{0,10}(?:超|オーバー)", r"ящик.{0,30}переполнен",
)  # fmt: skip
_CLOSED_WORDS = _any(
    r"(?:account|mailbox|user|recipient|address|inbox|mail ?drop|email)[^.;]{0,50}"
    r"(?:disabled|deactivated|suspended|inactive|discontinued|closed|expired|terminated|no longer (?:active|in use|available|valid|with|accept)|locked|frozen|not active|de-?activated|on hold|unavailable)",
    r"(?:disabled|inactive|deactivated|suspended|closed|expired) (?:user|recipient|account|mailbox)", r"account (?:that you tried to reach )?is (?:disabled|inactive)",
    r"not (?:currently )?accepting (?:e?mail|messages)", r"currently not accepting", r"has been (?:disabled|closed|deactivated)",
)  # fmt: skip
_BIG_WORDS = _any(
    r"message (?:\S+ ){0,4}(?:too (?:big|large|long)|exceeds)", r"(?:size|length) (?:of .{0,20} )?(?:exceeds|limit|too|greater)", r"too (?:big|large) (?:message|for)",
    r"exceeds? (?:the )?(?:fixed )?(?:maximum|max|size|message size|administrative limit)", r"maximum (?:message )?size", r"message size", r"mail too (?:big|large)",
)  # fmt: skip
_CONTENT_WORDS = _any(
    r"\bspam\b", r"\bvirus", r"malware", r"phish", r"\bcontent\b[^.]{0,40}(?:reject|refus|not |filter|block|polic|restrict|denied)",
    r"(?:reject|refus|block|den)\w*[^.]{0,40}\bcontent", r"attachment", r"\bjunk\b", r"unsolicited", r"bad header", r"invalid header",
    r"equal x-headers", r"header[s ].{0,40}(?:missing|invalid|malformed|duplicate)", r"not rfc ?(?:2822|5322|822)", r"line too long|lines? too long",
    r"message (?:was )?(?:rejected|refused|blocked) (?:by|due to|as) (?:the )?(?:content|filter|anti)", r"executable|banned file|forbidden file", r"\burl\b.{0,40}(?:block|list|reject)",
    r"\buribl\b|\bsurbl\b", r"courrier indésirable|mail rejet", r"message content",
)  # fmt: skip
_LOOP_WORDS = _any(
    r"\bloop", r"too many hops", r"hop count", r"too many received", r"routing loop", r"mail loops back", r"loops back to myself", r"config error: mail loops",
)  # fmt: skip
_TIME_WORDS = _any(
    r"timed? ?-?out", r"time ?out", r"connection (?:refused|reset|dropped|lost|closed|attempt)", r"(?:lost|refused|no) connection", r"retry time",
    r"in the queue too long", r"envelope expired", r"(?:message|delivery time|queue).{0,20}expired", r"could ?n.t be delivered (?:for|within|after|in) ", r"not (?:be )?delivered (?:for|within|after|in) \d",
    r"all hosts .{0,60}failing", r"unable to (?:connect|contact)", r"(?:can'?t|could ?n.t|cannot|wasn't able to) (?:connect|establish|contact)", r"unreachable", r"no route to host",
    r"network (?:is |error)", r"did not accept our requests to connect", r"not responding", r"no (?:answer|response|reply) from", r"try again", r"temporar", r"deferred", r"try later", r"try again later", r"server (?:busy|down|unavailable)",
    r"deliver(?:y|ing) .{0,30}(?:expired|too long)", r"giving up", r"maximum (?:retries|time)", r"service (?:is )?(?:not |un)available", r"insufficient system resources", r"operation not permitted|socket error|dns (?:failure|lookup|timeout)|name server|lookup fail|host not found, try again",
)  # fmt: skip
_RULES_WORDS = _any(
    r"only accepts (?:mail|messages|e-?mail) from", r"not in (?:the|my|their) (?:allowed|whitelist|address book|contact|approved)", r"(?:recipient|user|mailbox|address)[^.]{0,60}(?:refus|reject|block|restrict|accept|permi|not allow)",
    r"(?:restricted|prohibited|not permitted|not allowed|not authori[sz]ed)", r"permission", r"\bpolic(?:y|ies)\b", r"\bdenied\b", r"administratively", r"access denied", r"\bblocked\b", r"prevents additional messages", r"receiving mail (?:at a rate|too quickly|too)",
    r"refused by", r"rejected by (?:the )?(?:recipient|user|sieve|rule)", r"do not (?:want|wish) to receive", r"whitelist", r"not accept(?:ed|ing)?", r"mail rejected", r"recipientrestriction|notauthorized|requiresauthent|senderauth", r"local polic", r"group",
)  # fmt: skip

# Enhanced status codes: IANA registry “SMTP Enhanced Status Codes”, and Microsoft’s own three-digit details.
_BY_STATUS: dict[str, Reason] = {
    "1.1": Reason.NO_SUCH_MAILBOX, "1.2": Reason.NO_SUCH_DOMAIN, "1.3": Reason.NO_SUCH_MAILBOX,
    "1.4": Reason.NO_SUCH_MAILBOX, "1.6": Reason.NO_SUCH_MAILBOX, "1.7": Reason.OUR_MAIL_REFUSED,
    "1.8": Reason.OUR_MAIL_REFUSED, "1.10": Reason.NO_SUCH_DOMAIN,
    "2.1": Reason.MAILBOX_CLOSED, "2.2": Reason.MAILBOX_FULL, "2.3": Reason.TOO_BIG, "2.4": Reason.REFUSED_BY_RULES,
    "3.1": Reason.MAILBOX_FULL, "3.4": Reason.TOO_BIG,
    "4.1": Reason.NOT_REACHED_IN_TIME, "4.2": Reason.NOT_REACHED_IN_TIME, "4.3": Reason.NOT_REACHED_IN_TIME,
    "4.4": Reason.NO_SUCH_DOMAIN, "4.5": Reason.NOT_REACHED_IN_TIME, "4.6": Reason.LOOP,
    "4.7": Reason.NOT_REACHED_IN_TIME, "4.14": Reason.LOOP, "4.310": Reason.NO_SUCH_DOMAIN,
    "6.0": Reason.CONTENT_REFUSED, "6.1": Reason.CONTENT_REFUSED, "6.2": Reason.CONTENT_REFUSED,
    "6.3": Reason.CONTENT_REFUSED, "6.5": Reason.CONTENT_REFUSED, "6.6": Reason.CONTENT_REFUSED,
    "7.1": Reason.REFUSED_BY_RULES, "7.2": Reason.REFUSED_BY_RULES, "7.13": Reason.MAILBOX_CLOSED,
    "7.17": Reason.NO_SUCH_MAILBOX, "7.18": Reason.NO_SUCH_DOMAIN,
}  # fmt: skip
# 5.7.x that speak about the sender: authentication (7.8, 7.9, 7.20–7.30), reputation, Exchange Online’s 5xx–7xx.
_OURS_IN_7 = re.compile(r"7\.(?:[89]|1[0-46]|2[0-9]|3[0-2]|23|5\d\d|60[0-9]|6[1-9]\d|7\d\d|800|105)$")
_RULES_IN_7 = re.compile(r"7\.(?:12[0-9]|13[0-9]|15|19)$")
_BY_CODE: dict[int, Reason] = {
    511: Reason.NO_SUCH_MAILBOX, 521: Reason.NO_SUCH_DOMAIN, 556: Reason.NO_SUCH_DOMAIN, 551: Reason.NO_SUCH_MAILBOX,
    552: Reason.MAILBOX_FULL, 452: Reason.MAILBOX_FULL, 523: Reason.TOO_BIG, 530: Reason.OUR_MAIL_REFUSED,
    535: Reason.OUR_MAIL_REFUSED, 432: Reason.NOT_REACHED_IN_TIME,
}  # fmt: skip

_ADDRESS = re.compile(r"[^\s<>;:,()\[\]\"@]{1,64}@[^\s<>;:,()\[\]\"@]{1,255}")
_LINK = re.compile(r"https?://\S{1,300}")
_SPACE = re.compile(r"\s+")

# The order of trust among the words, when nothing else decides.
_WORDS: tuple[tuple[Reason, re.Pattern[str]], ...] = (
    (Reason.LOOP, _LOOP_WORDS),
    (Reason.OUR_MAIL_REFUSED, _OUR_WORDS),
    (Reason.MAILBOX_FULL, _FULL_WORDS),
    (Reason.TOO_BIG, _BIG_WORDS),
    (Reason.MAILBOX_CLOSED, _CLOSED_WORDS),
    (Reason.NO_SUCH_MAILBOX, _MAILBOX_WORDS),
    (Reason.NO_SUCH_DOMAIN, _DOMAIN_WORDS),
    (Reason.CONTENT_REFUSED, _CONTENT_WORDS),
    (Reason.NOT_REACHED_IN_TIME, _TIME_WORDS),
    (Reason.REFUSED_BY_RULES, _RULES_WORDS),
)


def reason_for(status: str, code: int | None, diagnostic: str) -> Reason:
    """The reason that status ("5.1.1" or ""), reply code and the server’s words together give."""
    words = _plain(diagnostic)
    detail = status.partition(".")[2]
    said = _by_words(words)
    coded = _by_detail(detail)
    if said is Reason.OUR_MAIL_REFUSED or coded is None:
        return said or _BY_CODE.get(code or 0) or Reason.UNKNOWN
    if said is None:
        return coded
    return _settle(detail, coded, said)


def _settle(detail: str, coded: Reason, said: Reason) -> Reason:
    """Status and words disagree or agree: who is to be believed."""
    vague = detail in ("2.1", "7.1", "4.1", "4.2", "4.3", "4.4", "4.5", "4.7", "3.1", "6.0")
    if said in (Reason.REFUSED_BY_RULES, Reason.NOT_REACHED_IN_TIME, Reason.CONTENT_REFUSED) and not vague:
        return coded  # general words say less than an exact status
    if coded is Reason.OUR_MAIL_REFUSED and said is not Reason.MAILBOX_FULL:
        return coded
    if detail == "4.4" and said is Reason.NOT_REACHED_IN_TIME:
        return said
    if coded is Reason.NO_SUCH_MAILBOX and said is Reason.NO_SUCH_DOMAIN:
        return coded
    return said


def _by_words(words: str) -> Reason | None:
    return next((reason for reason, pattern in _WORDS if pattern.search(words)), None)


def _by_detail(detail: str) -> Reason | None:
    if detail in _BY_STATUS:
        return _BY_STATUS[detail]
    if _OURS_IN_7.match(detail):
        return Reason.OUR_MAIL_REFUSED
    if _RULES_IN_7.match(detail):
        return Reason.REFUSED_BY_RULES
    return None


def _plain(diagnostic: str) -> str:
    """The words alone: addresses and links would be read as words ("blocked@", "spamhaus.org/user-unknown")."""
    text = _SPACE.sub(" ", diagnostic[:LOOKED_AT])
    return _ADDRESS.sub("<address>", _LINK.sub("<link>", text))
