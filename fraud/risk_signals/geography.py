"""Where the connection, the card, the bill and the course are, and whether one person could have been there.

Each of it has an innocent reading (a holiday, a card from home, a company's web filter), so the points are
small. What is not known disagrees with nobody.
"""

from functools import lru_cache
from itertools import combinations

from core import formats
from fraud.geography import apart_km, country_name, is_country
from fraud.history.facts import Facts
from fraud.risk_signals.factor import Factor, Value, Values
from fraud.subject import Subject

STAGES = ("before", "after")
FACTORS = (
    Factor("countries_apart", "Countries don’t agree", ((1, 1), (2, 2), (3, 4), (4, 8), (5, 12))),
    Factor(
        "network",
        "Not a home or office connection",
        values={"hosting": 8, "anonymiser": 15},
        adverse="none",
    ),
    Factor("impossible_travel", "Too far in too short a time", ((1000, 14),)),
)
PLACES = {
    "connection": "the connection is in {}",
    "card": "the card is from {}",
    "billing": "the billing address is in {}",
    "venue": "the course is in {}",
}
TRAVELLERS = {"customer": "This customer", "email": "This customer", "device": "This device"}
# Two acts closer together than this are one act: clocks and networks change hands.
SECONDS_LEAST = 60
APART_KM_LEAST = 100
PEOPLE_ABROAD = "hosting", "anonymiser"


def values(subject: Subject, facts: Facts) -> Values:
    places = list(_places(subject, facts).values())
    speeds = [speed for speed, _ in _journeys(facts)]
    return {
        "countries_apart": _pairs_apart(places) if len(places) > 1 else None,
        "network": (facts.geo.network or None) if facts.geo else None,
        "impossible_travel": max(speeds) if speeds else None,
    }


def evidence(name: str, value: Value, subject: Subject, facts: Facts) -> str:
    if value is None:
        return "Not known"
    if name == "countries_apart":
        return _countries_in_words(_places(subject, facts))
    return _network_in_words(facts) if name == "network" else _journey_in_words(facts)


def _places(subject: Subject, facts: Facts) -> dict[str, str]:
    """The countries that are known, by what they are of. A rented machine's country says nothing of its user."""
    geo = facts.geo
    found = {
        "connection": geo.country if geo and geo.network not in PEOPLE_ABROAD else "",
        "card": subject.card.country if subject.card else "",
        "billing": subject.billing_country,
        "venue": subject.venue_country,
    }
    return {name: known for name, code in found.items() if (known := _known(code))}


def _pairs_apart(places: list[str]) -> int:
    if len(set(places)) == 1:
        return 0
    return sum(one != other for one, other in combinations(places, 2))


@lru_cache(maxsize=4_096)
def _known(code: str) -> str:
    return code.upper() if is_country(code.upper()) else ""


def _journeys(facts: Facts) -> list[tuple[float, str]]:
    """The least speed (km/h) at which each known traveller came here from where it last was, and who."""
    geo = facts.geo
    if geo is None or not geo.country or geo.network in PEOPLE_ABROAD:
        return []
    found: list[tuple[float, str]] = []
    for kind in TRAVELLERS:
        profile = facts.profile(kind)
        before = profile.place_before(facts.own) if profile else None
        apart = apart_km(before[1], geo.country) if before else None
        if before is not None and apart is not None:
            hours = max(facts.now - before[0], SECONDS_LEAST) / 3600
            found.append((round(apart / hours) if apart > APART_KM_LEAST else 0, kind))
    return found


def _countries_in_words(places: dict[str, str]) -> str:
    if len(set(places.values())) == 1:
        return f"Everything is in {country_name(next(iter(places.values())))}"
    said = [PLACES[name].format(country_name(code)) for name, code in places.items()]
    words = ", ".join(said)
    return words[0].upper() + words[1:]


def _network_in_words(facts: Facts) -> str:
    assert facts.geo is not None
    whose = f" ({facts.geo.organisation})" if facts.geo.organisation else ""
    if facts.geo.network == "anonymiser":
        return f"The connection hides where it comes from{whose}"
    return f"The connection comes from a data centre{whose}, not from a home or office"


def _journey_in_words(facts: Facts) -> str:
    assert facts.geo is not None
    speed, kind = max(_journeys(facts))
    profile = facts.profile(kind)
    before = profile.place_before(facts.own) if profile else None
    assert before is not None
    at, country = before
    if not speed:
        return f"{TRAVELLERS[kind]} was last seen in {country_name(country)}, which is near enough"
    minutes = max(facts.now - at, SECONDS_LEAST) // 60
    ago = formats.counted(minutes, "minute") if minutes < 120 else f"{minutes // 60} hours"
    return (
        f"{TRAVELLERS[kind]} was in {country_name(country)} {ago} before this try from "
        f"{country_name(facts.geo.country)}: nobody travels at {speed:,} km an hour"
    )
