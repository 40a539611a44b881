"""Where a request comes from, as far as we can know it."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

IPV6_PREFIX = 64
UNKNOWN = "0.0.0.0"  # noqa: S104 (a name for "no address", not one to bind)


def client_address(request: HttpRequest) -> str:
    """The address that our outermost proxy saw; what the client itself wrote is never believed.

    Each of our TRUSTED_PROXY_COUNT proxies appends the address of who spoke to it to X-Forwarded-For, so the
    client is that many entries from the right. Without proxies, or with fewer entries than proxies (a
    request that went past them), it is the peer of the connection.
    """
    peer = _parsed(request.META.get("REMOTE_ADDR", "")) or UNKNOWN
    proxies = settings.TRUSTED_PROXY_COUNT
    if not proxies:
        return peer
    entries = [entry.strip() for entry in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    if len(entries) < proxies:
        return peer
    return _parsed(entries[-proxies]) or peer


def client_network(request: HttpRequest) -> str:
    """What limits are counted by: an IPv4 address, or the /64 of an IPv6 one (one household)."""
    address = ipaddress.ip_address(client_address(request))
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, IPV6_PREFIX), strict=False))


def _parsed(text: str) -> str:
    """A canonical address, "" for anything else; with a port or brackets, and IPv4 in IPv6, as proxies write them."""
    candidate = text.strip()
    if candidate.startswith("["):
        candidate = candidate[1:].partition("]")[0]
    elif candidate.count(":") == 1:
        candidate = candidate.partition(":")[0]
    try:
        address = ipaddress.ip_address(candidate)
    except ValueError:
        return ""
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)
