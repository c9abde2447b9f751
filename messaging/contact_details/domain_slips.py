"""Domains that people type by mistake, and what they meant. Short on purpose: a person reads each warning."""

_MEANT = {
    "gmail.com": (
        "gmial.com gmai.com gmal.com gmil.com gamil.com gnail.com gmaill.com gmaii.com ggmail.com gmali.com gmail.co "
        "gmail.cm gmail.om gmail.co.uk gmail.uk gmailcom.com gemail.com g-mail.com gmaul.com gimail.com gmsil.com"
    ),
    "googlemail.com": "googlemail.co.uk googlemail.co goglemail.com googlmail.com googelmail.com",
    "hotmail.com": (
        "hotmial.com hotmal.com hotmai.com hotamil.com homtail.com hotmaill.com hotmil.com hotmali.com hotmaul.com "
        "hotmail.cm hotmail.om hotnail.com hormail.com htomail.com hotmall.com"
    ),
    "hotmail.co.uk": "hotmail.co hotmial.co.uk hotmal.co.uk hotmai.co.uk hotamil.co.uk homtail.co.uk hotmail.uk",
    "outlook.com": "outlok.com outllok.com outlook.co outlook.cm oulook.com outloo.com outlookl.com outook.com",
    "live.co.uk": "live.co live.uk",
    "yahoo.com": "yaho.com yahooo.com yhoo.com yahho.com yhaoo.com yahoo.cm yaoo.com",
    "yahoo.co.uk": "yahoo.co yaho.co.uk yahooo.co.uk yahoo.uk yhoo.co.uk yhaoo.co.uk yaoo.co.uk",
    "icloud.com": "icoud.com iclod.com icloud.co icloud.co.uk icloud.cm iclould.com icould.com iclound.com icloud.uk",
    "btinternet.com": "btinternet.co.uk btinternet.co btintenet.com btinernet.com btinterent.com btinternet.cm",
    "virginmedia.com": "virginmedia.co.uk virginmedia.co virgnmedia.com virginmeda.com",
    "talktalk.net": "talktalk.com talktalk.co.uk talktlk.net",
    "sky.com": "sky.co.uk sky.co sky.cm",
    "aol.com": "aol.co aol.cm aoll.com",
    "ntlworld.com": "ntlworld.co.uk ntlword.com",
    "nhs.net": "nhs.com nhs.co.uk nhs.org nhs.nett",
}
_SLIPS = {slip: meant for meant, slips in _MEANT.items() for slip in slips.split()}

# Endings that no address has.
_ENDINGS = {
    "con": "com", "cmo": "com", "ocm": "com", "vom": "com", "xom": "com", "comm": "com", "coom": "com", "ccom": "com",
    "nte": "net", "ent": "net", "nett": "net", "ogr": "org", "orgg": "org", "couk": "co.uk", "co.ku": "co.uk",
    "co.ik": "co.uk", "co.ukk": "co.uk", "co.yk": "co.uk", "co.ul": "co.uk", "co.k": "co.uk", "ukk": "uk",
}  # fmt: skip


def meant_domain(domain: str) -> str | None:
    """The domain that was probably meant, or None. `domain` is in lower case."""
    if domain in _SLIPS:
        return _SLIPS[domain]
    labels = domain.split(".")
    for length in (2, 1):
        ending = ".".join(labels[-length:])
        if len(labels) > length and ending in _ENDINGS:
            mended = ".".join([*labels[:-length], _ENDINGS[ending]])
            return _SLIPS.get(mended, mended)
    return None
