"""The words of mail systems that are still trying, and of those that have given up, by language.

Read in lower case, typographic marks made plain, white space as single spaces. Every pattern is an alternation with
bounded repetition, so that time is linear. What asks the *reader* to try again (“please try again”, “bitte versuchen
Sie es erneut”, 再送してください) must never match here: failures say it too.
"""

from __future__ import annotations

import re

_FEW = r"(?:\S{1,30} ){0,5}"  # words between

# (pattern, language or who says so). With any of these the other side goes on trying, whatever else it says.
WILL_RETRY: tuple[tuple[str, str], ...] = (
    (rf"(?<!you )(?:will|'ll|shall|(?:is|are) going to|continues? to) {_FEW}"
     r"(?:try|tries|tried|trying|retr(?:y|ied|ying)|attempt(?:ed|ing|s)?|re-?send|re-?sent|redeliver)\b", "English"),
    (r"(?:is|am|are|'m|'re) still trying|(?:continues?|keeps?) (?:on )?(?:trying|attempting|retrying)",
     "qmail, atlas.cz"),
    (r"(?:re)?tr(?:y|ied) until (?:it|the)|next (?:delivery )?attempt (?:will|in|at|is)\b", "Postfix, gateways"),
    (r"(?:has|have) not (?:yet|so far) been (?:delivered|sent)|(?:hasn't|haven't) been (?:delivered|sent) yet"
     r"|not (?:be )?(?:delivered|sent) yet|(?:has|have) still not been (?:delivered|sent)|undelivered so far",
     "Exim, Exchange"),
    (r"delivery attempts will|attempts (?:\S{1,20} ){0,4}will (?:continue|be made)|delivery will continue", "Exim"),
    (r"this is a warning (?:message )?only|warning message only", "Sendmail, Gmail before 2016, Postfix, Zoho"),
    (r"(?:do|does) not (?:need|have) to (?:re-?send|send)|no need to re-?send|should not re-?send", "Sendmail"),
    (r"don't (?:need to |have to )re-?send", "Exchange"),
    (r"delivery incomplete|temporary (?:problem|failure) delivering", "Gmail"),
    (r"(?:is|are|remains?|stays?|waiting|held|being held) (?:still )?in (?:the |our )?(?:\w{1,12} )?(?:queue|spool)\b"
     r"|still (?:awaiting delivery|being (?:tried|attempted|retried|queued))", "Sun, XMail, atlas.cz"),
    (r"temporary failure report|only a temporary (?:failure|error|problem)", "OpenSMTPD"),
    (r"(?:still|remains?) undelivered|just a warning|only a warning|need to take any action", "Sendmail, providers"),
    (r"(?:noch|bisher|bislang) (?:immer )?nicht (?:\S{1,30} ){0,3}(?:zugestellt|ausgeliefert|übermittelt|zustellen)"
     r"|(?<!bitte )\bversuch(?:t|en wir)\b (?:\S{1,30} ){0,8}(?:weiter|erneut|nochmals)|weiterhin versucht"
     r"|\bwir versuchen\b|wird (?:es )?(?:\S{1,30} ){0,5}(?:erneut|weiter) (?:zu )?versuch|versuch(?:t|en) weiter",
     "German"),
    (r"pas encore (?:été|pu)|nouvelles? tentatives?|tentatives? de (?:remise|distribution) (?:auront|se)"
     r"|\bva (?:\S{1,20} ){0,2}(?:ré-?)?essayer|(?:ré-?)?essaiera|(?:ré-?)?essaierons|pour le moment", "French"),
    (r"(?:aún|todavía) no (?:se )?|no (?:\S{1,20} ){1,6}todavía|volver(?:á|emos) a intentar|(?:seguir(?:á|emos|án)|"
     r"continuar(?:á|emos)) intent|reintentar(?:á|emos)", "Spanish"),
    (r"non (?:è|sono) (?:stat\w )?ancora|(?:ritent|riprov|tent|prov)er(?:à|emo|anno)\b|nuovi tentativi"
     r"|i tentativi", "Italian"),
    (r"ainda não|(?:tentar|continuar)(?:á|ão|emos)|novas tentativas|será tentad", "Portuguese"),
    (r"nog (?:steeds )?niet (?:\S{1,20} ){0,3}(?:bezorgd|afgeleverd|verzonden)|opnieuw geprobeerd"
     r"|(?:blijven|blijft) (?:\S{1,20} ){0,3}proberen|nog steeds pogingen", "Dutch"),
    (r"(?:har )?inte (?:\S{1,20} ){0,3}än\b|ännu inte|fortsätter (?:att )?försöka|försöker igen"
     r"|(?:endnu|ennå|enda) ikke|forts(?:æ|e)tter (?:med )?(?:at |å )?forsøge?|prøver igjen|ei ole vielä"
     r"|yritetään", "Swedish, Danish, Norwegian, Finnish"),
    (r"jeszcze (?:nie|dostarczon)|ponawia|ponown\w{1,4} prób|kolejne próby|próby (?:\S{1,20} ){0,2}będą"
     r"|(?:dosud|zatím|ještě) ne|další pokus|bude (?:\S{1,20} ){0,3}opakov", "Polish, Czech"),
    (r"\b(?:пока|ещё|еще) не\b|повторн\w{2,4} попыт|попытки (?:\S{1,20} ){0,2}(?:будут|продолж)|попробуем"
     r"|(?:будет|будем|продолж\w{1,5}) (?:\S{1,20} ){0,2}(?:пыта|попыт)|\bще не\b|спроби (?:\S{1,20} ){0,3}продовж",
     "Russian, Ukrainian"),
    (r"まだ(?:\S{0,4})(?:配信|配送|送信|届)|再送(?:し(?:ます|てい)|を(?:続|試|行)|いたし)|再試行(?:し(?:ます|てい)|され|を続)"
     r"|引き続き(?:\S{0,10})(?:配信|配送|送信|再送|試)|(?:再度|再び)\S{0,8}(?:を試み|を行い)", "Japanese"),
    (r"尚未(?:送达|投递|送達)|(?:将|会|會)[^。请您\n]{0,24}(?:继续|重试|再次|重新|重試|繼續)|(?:继续|繼續)(?:尝试|重试|嘗試|重試)",
     "Chinese"),
    (r"아직 (?:배달|전송|전달)|재시도(?:합|할|하겠|중|됩)|다시 시도(?:합|할|하겠|됩)|henüz|(?:yeniden|tekrar) denenecek"
     r"|δεν έχει (?:ακόμ|παραδοθεί ακόμ)|טרם", "Korean, Turkish, Greek, Hebrew"),
)  # fmt: skip
# These speak of a delay; a report that also says that it gave up is final.
SOUNDS_DELAYED: tuple[tuple[str, str], ...] = (
    (r"(?:message|mail|delivery|e-mail) (?:\S{1,30} ){0,6}(?:has been|is being|was|is|being) delayed", "Gmail"),
    (r"(?:is|has been|are) delayed\b|delivery (?:is )?(?:delayed|deferred)|delivery delay|\bdelay(?:ed)? (?:warning|"
     r"notice|notification)|status: ?(?:delayed|deferred)", "OpenSMTPD, Exchange"),
    (r"transient non-fatal errors|temporary non-fatal|failed temporarily|temporary delivery (?:failure|problem)"
     r"|temporarily (?:undeliverable|failed)|greylisted", "Sendmail, MDaemon, gateways"),
    (r"(?:notified|informed|told) if|(?:be notified|hear from us) (?:only )?if", "Gmail, Postfix"),
    (r"(?:still|remains?) queued|is (?:still )?queued for|delayed(?: mail|:)", "Sun, Courier, ZMailer"),
    (r"no action is required on your part|nothing (?:that )?you need to do|keep trying", "Exim, providers"),
    (r"verzögert|verzögerung|verspätet|retardée?|différée?|en attente|retras|demora|in ritardo|ritardat", "West"),
    (r"atrasad|vertraagd|vertraging|försena|fördröj|forsink|viivästy|opóźni|zpožd|odlož", "North and East"),
    (r"задерж|отлож|затрим|遅延|遅れ|延迟|延遲|暂时无法|지연|gecik|καθυστ", "other languages"),
)  # fmt: skip
GIVEN_UP: tuple[tuple[str, str], ...] = (
    (r"retry (?:time(?:out)?|limit) (?:exceeded|has been exceeded)|not reached for any host after a long", "Exim"),
    (r"given up|gave up|giving up\b(?! on delivery if)|not going to try again", "qmail, Courier"),
    (r"in the queue too long|queue lifetime|delivery (?:time )?expired|too long in (?:the )?queue|has expired",
     "qmail, Sendmail"),
    (r"could not be delivered (?:for (?:the last )?\d+ days?|after|within)", "Sendmail"),
    (r"message will be deleted from queue|return(?:ed|ing) (?:it )?to (?:you|the sender)|removed from (?:the )?"
     r"(?:mail )?queue", "Sendmail, MDaemon"),
    (r"(?:this is a |with |had )(?:permanent|fatal)|permanent(?:ly)? (?:error|fail|fatal)|failed permanently",
     "Exim, Gmail, Sendmail"),
    (r"unrecoverable error|permanent delivery|maximum (?:number of )?(?:retries|attempts|delivery)", "others"),
    (r"endgültig|définitivement|définitif|definitiv|permanentemente|окончательно", "other languages"),
)  # fmt: skip
# Phrases a delay notice also has ("if the delivery fails permanently", "before it is returned to you").
FUTURE = re.compile(
    r"(?:if|when|until|eventually|before|after which|then|wenn|falls|si|если) [^.\n]{0,120}(?:permanent|give up|"
    r"given up|returned? (?:it )?to|endgültig|définiti|definitiv)[^.\n]{0,40}|will (?:then )?be returned to you|"
    r"you'll be notified if[^.\n]{0,80}|en cas d'échec définitif"
)
# "will not continue trying" holds the words of a delay and says the opposite.
NO_MORE = re.compile(
    r"(?:\b(?:not|never)|won't|no longer|unable to) (?:be )?(?:continue|keep|going to|retr|"
    r"re-?try|tr(?:y|ied)\b|attempt|re-?sent?d?\b|make (?:any )?(?:further|more))"
    r"[^.]{0,40}|no (?:further|more|additional) (?:delivery )?(?:attempt|retr)[^.]{0,60}|"
    r"(?:stopped|ceased) (?:trying|retrying)"
)
SUBJECT_DELAY = re.compile(
    r"delayed|\bdelay\b|\(delay\)|warning:? .{0,12}(?:could not|cannot|not) (?:be )?(?:send|sent|"
    r"deliver)|warning--could not send|still (?:being|trying)|delivery (?:is )?(?:delayed|"
    r"deferred)|temporary|not yet delivered|^warning: message|queued|verzögert|verspätet|retard|différée|retras|ritard"
    r"|atrasad|vertraagd|försena|forsink|opóźni|zpožd|задерж|отлож|遅延|遅れ|延迟|延遲|지연",
    re.IGNORECASE,
)
