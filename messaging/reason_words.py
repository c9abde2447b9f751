"""The words of mail servers, by what they mean. Read in lower case, one pattern for each reason.

Every pattern is one alternation of short phrases with bounded gaps: matching takes linear time. Phrases were
gathered from the servers' public documentation and from reports; the source of a group stands beside it.
"""

from __future__ import annotations

import re


def _any(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases))


# Words, strongest first: the first row that matches wins. Every pattern is an alternation without nested
# repetition, so that matching takes linear time. A comment names who says so.
OUR = _any(
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
    r"(?<!may be )(?<!or be )black ?-?list",
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
    (
        r"(?:your|the) (?:ip|server|mail server|client host|network|host) .{0,40}(?:rate limit|"
        r"been blocked|is on|in use on)"
    ),
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
    r"\bsc-00[1-9]\b",
    r"\bdy-00[1-9]\b",
    r"arc validation",
    r"not (?:rfc )?compliant with dmarc",
    r"(?:mail|email) from (?:this|your) (?:ip|server|host|domain)",
    r"suspended\. please contact|account.{0,30}suspended from sending|sender.{0,20}suspended",
)
MAILBOX = _any(
    r"(?:user|recipient|mailbox|account|address|addressee|alias|person|customer|id)(?: name|"
    r" address| account|\(s\))?\b[^.;]{0,60}?"
    r"\b(?:is )?(?:unknown|(?:does|do|did|could) ?n[o']t ?(?:be )?(?:exist|found)|not (?:found|"
    r"exist|exists|known|listed|recogni[sz]ed|local|valid|in)\b|"
    r"doesn'?t (?:exist|have)|dosn'?t exist|non-?existent|invalid|unrecogni[sz]ed)",
    r"\b(?:unknown|no such|invalid|illegal|bad|nonexistent|non-existent|unrecogni[sz]ed|"
    r"unrouteable|undeliverable|wrong)"
    r"[\w /-]{0,24} ?(?:user|recipient|mailbox|account|address|addressee|alias|rcpt|person|"
    r"local ?part|customer|id)\b",
    r"rcpt [^.;]{0,40}(?:dosn|doesn)'?t exist",
    r"no mailbox (?:here )?(?:by|with) that name",
    r"no (?:valid )?(?:mailbox|account|user) (?:here|by|with|found|for)\b",
    r"not (?:a )?(?:known|valid|local) (?:user|recipient|mailbox|account)",
    r"not a registered",
    r"not listed in (?:public name|domino|the)",
    r"no matches to nameserver query",
    r"does ?n[o']t have an? .{0,40}account",
    r"mailbox not found",
    r"mailbox unavailable",
    r"recipient not found",
    r"recipnotfound|resolver\.adr|recipientnotfound",
    r"user ?unknown",
    r"unknown ?user",
    r"user not found",
    r"email (?:address|account) that you (?:tried|entered)[^.]{0,60}(?:not exist|could ?n.t be found)",
    r"(?:wasn.?t|could ?n.t be|not) found at",
    r"address (?:you (?:entered|typed)|.{0,60}) (?:couldn.t|could not) be found",
    r"recipient (?:name )?is not recogni[sz]ed",
    r"no such (?:person|address|local|recipient|name|object|mail drop|mailbox)",
    r"no one (?:here )?by that name",
    r"delivery to this (?:user|address) is not",
    r"not our customer",
    r"this (?:user|address|account) (?:does not|doesn't|no longer) exist",
    r"unknown (?:local|or illegal|virtual)",
    r"recipient address rejected: (?:unknown|undeliverable|unverified|no such|invalid)",
    r"unrouteable address",
    r"address unknown",
    r"invalid (?:e-?mail )?address",
    r"bad destination mailbox",
    r"(?:recipient|user|mailbox) .{0,70}no longer",
    r"destination mailbox address invalid",
    r"no recipients? (?:was|were)? ?found",
    r"chkuser|- chkusr",
    r"boîte (?:aux lettres )?(?:inexistante|introuvable)",
    r"unrecogni[sz]ed.{0,3}o/?r.{0,3}name",  # X.400
    r"nicht im .{0,20}verzeichnis|non répertorié",  # Domino
    r"(?:adresse|destinataire|utilisateur|compte)[^.]{0,40}(?:inconnu|invalide|inexistant|n'existe)",
    (
        r"(?:benutzer|empfänger|adresse|postfach)[^.]{0,40}(?:unbekannt|existiert nicht|"
        r"nicht gefunden|nicht bekannt)"
    ),
    r"usu[aá]rio (?:descono?h?ecido|desconocido|inexistente|não existe|no existe)",
    r"(?:konto|kontot|kontoen|gebruiker|użytkownik|uživatel)[^.]{0,20}(?:finns inte|findes ikke|finnes ikke|onbekend|"
    r"nieznany|neexistuje)|nieznany użytkownik",
    r"destinatario[^.]{0,40}(?:desconocido|no existe|sconosciuto)",
    r"utente (?:sconosciuto|non)",
    r"(?:宛先|ユーザー?|アドレス|アカウント).{0,20}(?:不明|存在し|見つか|ありません)|存在しない(?!か)",
    r"メールアドレスが(?:見つか|存在)",
    r"пользовател[ья][^.]{0,40}не (?:найден|существует)",
    r"адрес.{0,40}не существует",
    r"用户不存在",
    r"(?:收件人|邮箱|邮件地址|帐户|账户).{0,40}不存在",
)
DOMAIN = _any(
    (
        r"(?:host|domain)(?: name)?(?: .{1,80}?)?(?: is)? (?:unknown|not found|does ?n[o']t exist|"
        r"could not be found|not exist)(?!, try again)"
    ),
    r"unknown (?:host|domain|mail server)",
    r"no such (?:host|domain)",
    r"domäne .{0,60}nicht (?:gefunden|vorhanden)|domaine .{0,60}(?:introuvable|inconnu)",
    r"домен .{0,60}не (?:найден|существует)",
    r"host unknown",
    r"unrouteable mail domain",
    r"name service error for .{0,120}(?:type=\w+: (?:host|domain|malformed)|host not found$)",
    r"\bnxdomain\b",
    r"couldn'?t find any host",
    r"couldn'?t find a mail exchanger",
    r"all relevant mx records point to non-existent",
    r"no (?:valid )?mx (?:record|host)?s?\b",
    r"an mx or srv record indicated no smtp service",
    r"null ?mx",
    r"does not accept (?:any )?(?:e?mail|messages)",
    r"domain (?:has no|without|not a valid)",
    r"dns error:",
    r"(?:domain|host) .{0,60} (?:couldn't|could not) be found",
    r"no servers? (?:found )?for",
    r"bad destination system",
    r"host or domain name not found\.",
    r"illegal host/domain",
    r"invalid (?:recipient )?domain",
    r"domain (?:is )?not hosted",
    r"missing the proper dns",
    r"the domain .{0,60}not exist",
    r"does not exist$|\b[a-z0-9-]{1,63}\.[a-z]{2,24} does not exist",
)
# With 5.4.1 alone, how Microsoft says that nobody has this address; with 5.7.1 it is a policy, whoever says it.
NOT_IN_DIRECTORY = _any(r"recipient address(?:es)? rejected ?: ?access denied")
# The server's own disk (RFC 5321 4.2.3 for 452, RFC 3463 3.4 for X.3.1): the patient can do nothing about it.
SYSTEM_FULL = _any(
    r"(?:insufficient|not enough) system (?:storage|resources|space)",
    r"(?:insufficient|not enough|out of|low on) (?:free )?disk space",
    r"system storage (?:has been |was |is )?exceeded",
    r"(?:mail|file) ?system (?:is )?full",
    r"no space left",
    r"\bdisk (?:is )?full",
    r"\bspace shortage",
)
# Words that name whose room it is: then it is the mailbox, whatever the server calls the room.
OF_A_MAILBOX = _any(r"mail ?box|inbox|mail ?drop|maildir|mailfolder|\buser\b|recipient|account|quota")
FULL = _any(
    (
        r"(?:mail ?box|mailfolder|inbox|account|user|recipient|mail ?drop|maildir|disk|storage|quota|"
        r"mail store)[^.;]{0,60}"
        r"(?:\bfull\b|over[- ]?quota|exceed(?:ed|s|ing)?|out of (?:storage|space|disk)|quota|"
        r"too (?:large|full))"
    ),
    r"over ?-?quota",
    r"quota (?:exceeded|full|limit|violation)",
    r"exceed(?:ed|s|ing)? (?:the )?(?:mailbox|storage|disk|quota|its quota|allowed space)",
    r"(?:insufficient|not enough) (?:disk|storage|space)",
    r"out of (?:storage|disk) space",
    r"mailbox ?full",
    r"is full\b",
    r"no space left",
    r"disk quota",
    r"would exceed",
    r"storage (?:space|limit)",
    r"bo[iî]te aux lettres .{0,60}pleine|bo[iî]te aux lettres pleine|caixa (?:postal )?cheia|quota dépassé",
    r"postfach .{0,40}voll\b|speicherlimit",
    r"buz[oó]n.{0,20}llen[oa]",
    r"casella.{0,20}piena",
    r"容量.{0,10}(?:超|オーバー)|メールボックスが(?:一杯|いっぱい|満杯)|邮箱已满|空间不足",
    r"ящик.{0,30}переполнен",
)
CLOSED = _any(
    r"(?:account|mailbox|user|recipient|address|inbox|mail ?drop|email)[^.;]{0,50}"
    r"(?:disabled|deactivated|suspended|inactive|discontinued|closed|expired|terminated|"
    r"no longer (?:active|in use|available|valid|with|accept)|locked|frozen|not active|"
    r"de-?activated|on hold)",
    r"(?:disabled|inactive|deactivated|suspended|closed|expired) (?:user|recipient|account|mailbox)",
    r"account (?:that you tried to reach )?is (?:disabled|inactive)",
    r"not (?:currently )?accepting (?:e?mail|messages)",
    r"currently not accepting",
    r"has been (?:disabled|closed|deactivated)",
)
BIG = _any(
    r"message (?:\S+ ){0,4}(?:too (?:big|large|long)|exceeds)",
    r"(?:size|length) (?:of .{0,20} )?(?:exceeds|limit|too|greater)",
    r"too (?:big|large) (?:message|for)",
    r"exceeds? (?:the )?(?:fixed )?(?:maximum|max|size|message size|administrative limit)",
    r"maximum (?:message )?size",
    r"message size",
    r"mail too (?:big|large)",
)
CONTENT = _any(
    r"\bspam\b",
    r"\bvirus",
    r"malware",
    r"phish",
    r"\bcontent\b[^.]{0,40}(?:reject|refus|not |filter|block|polic|restrict|denied)",
    r"(?:reject|refus|block|den)\w*[^.]{0,40}\bcontent",
    r"attachment",
    r"\bjunk\b",
    r"unsolicited",
    r"bad header",
    r"invalid header",
    r"equal x-headers",
    r"header[s ].{0,40}(?:missing|invalid|malformed|duplicate)",
    r"not rfc ?(?:2822|5322|822)",
    r"line too long|lines? too long",
    r"message (?:was )?(?:rejected|refused|blocked) (?:by|due to|as) (?:the )?(?:content|filter|anti)",
    r"executable|banned file|forbidden file",
    r"\burl\b.{0,40}(?:block|list|reject)",
    r"\buribl\b|\bsurbl\b",
    r"courrier indésirable|mail rejet",
    r"message content",
)
LOOP = _any(
    r"\bloop",
    r"too many hops",
    r"hop count",
    r"too many received",
    r"routing loop",
    r"mail loops back",
    r"loops back to myself",
    r"config error: mail loops",
)
TIME = _any(
    r"timed? ?-?out",
    r"time ?out",
    r"connection (?:refused|reset|dropped|lost|closed|attempt)",
    r"(?:lost|refused|no) connection",
    r"retry time",
    r"in the queue too long",
    r"envelope expired",
    r"(?:message|delivery time|queue).{0,20}expired",
    r"could ?n.t be delivered (?:for|within|after|in) ",
    r"not (?:be )?delivered (?:for|within|after|in) \d",
    r"all hosts .{0,60}failing",
    r"unable to (?:connect|contact)",
    r"(?:can'?t|could ?n.t|cannot|wasn't able to) (?:connect|establish|contact)",
    r"unreachable",
    r"no route to host",
    r"network (?:is |error)",
    r"did not accept our requests to connect",
    r"not responding",
    r"no (?:answer|response|reply) from",
    r"try again",
    r"temporar",
    r"deferred",
    r"try later",
    r"try again later",
    r"server (?:busy|down|unavailable)",
    r"deliver(?:y|ing) .{0,30}(?:expired|too long)",
    r"giving up",
    r"maximum (?:retries|time)",
    r"service (?:is )?(?:not |un)available",
    r"insufficient system resources",
    (
        r"operation not permitted|socket error|dns (?:failure|lookup|timeout)|name server|lookup fail|"
        r"host not found, try again"
    ),
)
RULES = _any(
    r"only accepts (?:mail|messages|e-?mail) from",
    r"not in (?:the|my|their) (?:allowed|whitelist|address book|contact|approved)",
    (
        r"(?:recipient|user|mailbox|address)[^.]{0,60}(?:refus|reject|block|restrict|accept|permi|"
        r"not allow)"
    ),
    r"(?:restricted|prohibited|not permitted|not allowed|not authori[sz]ed)",
    r"permission",
    r"\bpolic(?:y|ies)\b",
    r"\bdenied\b",
    r"administratively",
    r"access denied",
    r"\bblocked\b",
    r"prevents additional messages",
    r"receiving mail (?:at a rate|too quickly|too)",
    r"refused by",
    r"rejected by (?:the )?(?:recipient|user|sieve|rule)",
    r"do not (?:want|wish) to receive",
    r"whitelist",
    r"not accept(?:ed|ing)?",
    r"mail rejected",
    r"recipientrestriction|notauthorized|requiresauthent|senderauth",
    r"local polic",
    r"group",
)
