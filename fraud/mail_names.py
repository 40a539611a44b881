"""What the text of a mail address gives away: a throw-away service, a look-alike domain, a role, keys hit at random.

Pure text; each is remembered, so that asking a hundred thousand times is cheap.
"""

import re
import unicodedata
from functools import lru_cache

from disposable_email_domains import allowlist, blocklist

_PROVIDERS_LISTED = """
    gmail.com googlemail.com outlook.com hotmail.com hotmail.co.uk yahoo.com yahoo.co.uk icloud.com
    live.com live.co.uk aol.com protonmail.com btinternet.com virginmedia.com sky.com talktalk.net
    ntlworld.com blueyonder.co.uk nhs.net fastmail.com comcast.net
"""
PROVIDERS = tuple(_PROVIDERS_LISTED.split())
# Real ones that lie one letter from another real one.
_GENUINE_LISTED = """
    mail.com ymail.com email.com gmx.com gmx.net gmx.de me.com mac.com msn.com live.nl live.ca
    live.ie hotmail.de hotmail.fr hotmail.it hotmail.es outlook.de outlook.fr outlook.it outlook.es
    outlook.ie yahoo.fr yahoo.de yahoo.it yahoo.es yahoo.ie yahoo.ca yahoo.co.in yahoo.co.jp
    yahoo.com.au hotmail.com.au outlook.com.au proton.me rocketmail.com sky.co nhs.uk mail.ru
    bmail.com hotmail.ca hotmail.be
"""
GENUINE = frozenset(PROVIDERS) | frozenset(_GENUINE_LISTED.split())
SLIP_LENGTH_MIN = 8
_ROLES_LISTED = """
    accounts admin administrator billing bookings contact enquiries enquiry finance hello help hr
    info invoices mail marketing noreply no-reply office orders postmaster reception sales school
    secretary support team test training webmaster
"""
ROLES = frozenset(_ROLES_LISTED.split())
_VOWELS = frozenset("aeiouy")
_CONSONANTS = re.compile(r"[bcdfghjklmnpqrstvwxz]{5,}")
_SWITCH = re.compile(r"(?<=[a-z])(?=\d)|(?<=\d)(?=[a-z])")
# Letters that are drawn like another one.
_DRAWN_ALIKE = str.maketrans("01i|аеорсухѕіјһԁԛԝɡкмтοανιρυκ", "olllaeopcyxsljhdqwgkmtoavlpuk")


@lru_cache(maxsize=65_536)
def throw_away(domain: str) -> str:
    """The listed domain that `domain` is or lies below, or ""; an allowed one below it wins."""
    labels = domain.split(".")
    for start in range(len(labels) - 1):
        candidate = ".".join(labels[start:])
        if candidate in allowlist:
            return ""
        if candidate in blocklist:
            return candidate
    return ""


@lru_cache(maxsize=65_536)
def looks_like(domain: str) -> tuple[str, str]:
    """("disguise" or "slip", the provider that it resembles), or two empty strings.

    A disguise is drawn to be mistaken (gmai1.com, a Cyrillic a, gmail.com.mail-check.io); a slip is one letter off,
    which is mostly a finger's fault.
    """
    if not domain or domain in GENUINE:
        return "", ""
    shown = _shown(domain)
    for provider in PROVIDERS:
        if _drawn(shown) == _drawn(provider) or _pretends(shown, provider):
            return "disguise", provider
    if any(_mixes_scripts(label) for label in shown.split(".")):
        return "disguise", "Latin letters"
    for provider in PROVIDERS:
        if len(provider) >= SLIP_LENGTH_MIN and _one_slip(domain, provider):
            return "slip", provider
    return "", ""


def is_role(local: str) -> bool:
    """A function's mailbox rather than a person's."""
    return local.split("+", 1)[0] in ROLES


@lru_cache(maxsize=65_536)
def oddities(local: str) -> int:
    """How many of four marks of random keys a name bears; one alone is common among honest names."""
    name = local.split("+", 1)[0]
    letters = [each for each in name if each.isascii() and each.isalpha()]
    digits = sum(each.isdigit() for each in name)
    marks = (
        len(name) >= 8 and digits >= 0.4 * len(name),
        len(letters) >= 6 and not _VOWELS.intersection(letters),
        bool(_CONSONANTS.search(name)),
        len(_SWITCH.findall(name)) >= 3,
    )
    return sum(marks)


def _shown(domain: str) -> str:
    """As a reader sees it: an international domain in its own letters."""
    try:
        return domain.encode().decode("idna")
    except UnicodeError:
        return domain


def _drawn(text: str) -> str:
    """The same for two texts that are drawn alike."""
    bare = "".join(
        each
        for each in unicodedata.normalize("NFKD", text.casefold())
        if not unicodedata.combining(each)
    )
    return bare.translate(_DRAWN_ALIKE).replace("rn", "m").replace("vv", "w")


def _pretends(domain: str, provider: str) -> bool:
    """The provider's whole name in front of somebody else's domain; a country behind it may be its own."""
    return domain.startswith(f"{provider}.") and len(domain) - len(provider) > len(".uk")


def _mixes_scripts(label: str) -> bool:
    scripts = {unicodedata.name(each, "?").split(" ", 1)[0] for each in label if each.isalpha()}
    return "LATIN" in scripts and bool(scripts & {"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"})


def _one_slip(typed: str, meant: str) -> bool:
    """One letter added, left out, changed, or two neighbours swapped."""
    if typed == meant or abs(len(typed) - len(meant)) > 1:
        return False
    start = 0
    while start < min(len(typed), len(meant)) and typed[start] == meant[start]:
        start += 1
    one, other = typed[start:], meant[start:]
    swapped = len(one) > 1 and one[:2] == other[1::-1] and one[2:] == other[2:]
    return swapped or one[1:] == other[1:] or one[1:] == other or one == other[1:]
