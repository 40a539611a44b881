"""One form for one mailbox, one connection: for matching only, never for sending.

`mailbox` is generous and links (all plus-tags are one person); `mailbox_strict` folds only what the provider itself
says is the same mailbox, and is the form to block by. The raw address stays what mail is sent to.
"""

import ipaddress
import re
import unicodedata
from functools import lru_cache

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_SAME_PROVIDER = {
    "googlemail.com": "gmail.com",
    "pm.me": "protonmail.com",
    "proton.me": "protonmail.com",
    "ya.ru": "yandex.ru",
    "yandex.by": "yandex.ru",
    "yandex.com": "yandex.ru",
    "yandex.kz": "yandex.ru",
    "yandex.ua": "yandex.ru",
}
# Typed wrong so often that nobody else's mail arrives there.
_MISTYPED = {
    **dict.fromkeys(
        ("gmai.com", "gamil.com", "gmali.com", "gmial.com", "gmil.com", "gmaill.com", "gmailm.com",
         "gmailo.com", "gmailyhoo.com", "yahoogmail.com"),
        "gmail.com",
    ),
    "putlook.com": "outlook.com",
}  # fmt: skip
# No top-level domain is one of these; .cam is one.
_MISTYPED_COM = re.compile(r"\.(?:c[b-np-z]m|com{2,4}|comn|colm?|co[nl]|[dsvx]o[mn]|clam|comcom)\Z")
_REPEATED_COM = re.compile(r"(?:\.com){2,}\Z")
_NUMBERED_GMAIL = re.compile(r"\A\d+gmail?\.com\Z")
# These hand out name@user.domain for user@domain.
_UNDER_USER_LISTED = """
    123mail.org 150mail.com airpost.net eml.cc f-m.fm fast-mail.org fastem.com fastimap.com
    fastmail.cn fastmail.co.uk fastmail.com fastmail.com.au fastmail.de fastmail.es fastmail.fm
    fastmail.fr fastmail.im fastmail.in fastmail.jp fastmail.mx fastmail.net fastmail.nl
    fastmail.org fastmail.se fastmail.to fastmail.tw fastmail.uk fastmail.us fastmailbox.net
    fastmessaging.com fea.st fmail.co.uk fmgirl.com fmguy.com ftml.net imap.cc imapmail.org
    mailbolt.com mailcan.com mailhaven.com mm.st myfastmail.com ownmail.net sent.as sent.at sent.com
    warpmail.net xsmail.com
"""
_UNDER_USER = frozenset(_UNDER_USER_LISTED.split())
# Whose help pages say that a plus-tag is the same mailbox.
_PLUS_IS_SAME_LISTED = """
    gmail.com outlook.com hotmail.com hotmail.co.uk live.com live.co.uk msn.com icloud.com me.com
    mac.com protonmail.com yandex.ru
"""
_PLUS_IS_SAME = frozenset(_PLUS_IS_SAME_LISTED.split())
HOUSEHOLD_V6 = 64
REGION_LENGTH_MAX = 32
_LETTERS_FIRST = re.compile(r"[A-Z]+")
NEIGHBOURHOOD = {4: 24, 6: 48}


def mailbox(email: str) -> str:
    """The form that links: "" for what has no local part, or no @."""
    local, domain = _parts(email)
    if not local:
        return ""
    local, domain = _under_user(local, domain)
    return f"{_base_name(local, domain, divider=_divider(domain))}@{domain}"


def mailbox_strict(email: str) -> str:
    """The form that blocks: an unknown provider's plus-tags stay apart, a mistyped domain stays as typed."""
    local, domain = _split(email)
    if not local:
        return ""
    domain = _SAME_PROVIDER.get(domain, domain)
    local, domain = _under_user(local, domain)
    known = domain in _PLUS_IS_SAME or domain in _UNDER_USER or _is_yahoo(domain)
    return f"{_base_name(local, domain, divider=_divider(domain) if known else '')}@{domain}"


def mail_domain(email: str) -> str:
    """The domain in ASCII, aliases and slips of the finger folded; "" without one."""
    return _parts(email)[1]


def typed_domain(email: str) -> str:
    """The domain as it was typed, in lower case and ASCII, without a trailing dot."""
    return _split(email)[1]


def address(text: str) -> str:
    """An IPv4 address as it is, an IPv6 one as its /64: one household or phone holds a whole /64."""
    parsed = _address(text)
    if parsed is None:
        return ""
    return str(parsed) if parsed.version == 4 else _block(parsed, HOUSEHOLD_V6)


def network(text: str) -> str:
    """The neighbourhood: an IPv4 /24, an IPv6 /48."""
    parsed = _address(text)
    if parsed is None:
        return ""
    return _block(parsed, NEIGHBOURHOOD[parsed.version])


def region(state: str, postcode: str) -> str:
    """Roughly where a bill goes: the area that its postcode begins with ("LS" of LS1 1AA, "75" of 75001), else its
    state. Wide enough that it names nobody."""
    code = "".join(filter(str.isalnum, unicodedata.normalize("NFKC", postcode).upper()))
    letters = _LETTERS_FIRST.match(code)
    area = (letters.group() if letters else code)[:2]
    return (
        area or " ".join(unicodedata.normalize("NFKC", state).upper().split())[:REGION_LENGTH_MAX]
    )


def public_address(text: str) -> IPAddress | None:
    """The address, if it is one of the open internet: not private, not this machine's own, not reserved."""
    parsed = _address(text)
    return parsed if parsed and parsed.is_global and not parsed.is_multicast else None


def _split(email: str) -> tuple[str, str]:
    local, at, domain = unicodedata.normalize("NFKC", email).strip().casefold().rpartition("@")
    return (local.strip(), _ascii(domain.strip().rstrip("."))) if at else ("", "")


def _parts(email: str) -> tuple[str, str]:
    local, domain = _split(email)
    domain = _REPEATED_COM.sub(".com", domain)
    domain = _NUMBERED_GMAIL.sub("gmail.com", domain)
    domain = _MISTYPED_COM.sub(".com", domain)
    domain = _MISTYPED.get(domain, domain)
    return local, _SAME_PROVIDER.get(domain, domain)


@lru_cache(maxsize=65_536)
def _ascii(domain: str) -> str:
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return domain


def _under_user(local: str, domain: str) -> tuple[str, str]:
    user, _, rest = domain.partition(".")
    return (user, rest) if rest in _UNDER_USER else (local, domain)


def _divider(domain: str) -> str:
    return "-" if _is_yahoo(domain) else "+"


def _is_yahoo(domain: str) -> bool:
    return domain.startswith("yahoo.") or domain in ("ymail.com", "y7mail.com")


def _base_name(local: str, domain: str, *, divider: str) -> str:
    """Without its tag; a name that is nothing but a tag stays."""
    if divider and local.find(divider) > 0:
        local = local.split(divider, 1)[0]
    return local.replace(".", "") if domain == "gmail.com" else local


@lru_cache(maxsize=4_096)
def _address(text: str) -> IPAddress | None:
    try:
        parsed = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        return parsed.ipv4_mapped
    return parsed


def _block(parsed: IPAddress, prefix: int) -> str:
    return str(ipaddress.ip_network((parsed, prefix), strict=False))
