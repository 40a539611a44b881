"""Made-up people for sample bookings: common names, reserved domains, numbers that Ofcom keeps for drama."""

from __future__ import annotations

import random
from dataclasses import dataclass

FIRST = [
    "Amara",
    "Ben",
    "Chloe",
    "Daniel",
    "Ewa",
    "Farah",
    "George",
    "Hannah",
    "Ibrahim",
    "Jess",
    "Karim",
    "Laura",
    "Mohammed",
    "Niamh",
    "Oliver",
    "Priya",
    "Quinn",
    "Rosie",
    "Sam",
    "Tariq",
    "Uma",
    "Victoria",
    "Will",
    "Xanthe",
    "Yusuf",
    "Zoe",
    "Aled",
    "Bridget",
    "Callum",
    "Divya",
]
LAST = [
    "Ackroyd",
    "Barraclough",
    "Clegg",
    "Dyson",
    "Eastwood",
    "Firth",
    "Greenwood",
    "Hussain",
    "Ibbotson",
    "Jagger",
    "Khan",
    "Lister",
    "Mistry",
    "Naylor",
    "Ogden",
    "Patel",
    "Quarmby",
    "Rhodes",
    "Sutcliffe",
    "Thackray",
    "Umar",
    "Varley",
    "Wainwright",
    "Xu",
    "Yeadon",
    "Zielinski",
    "Armitage",
    "Booth",
    "Crossley",
    "Haigh",
]
TRADES = "Joinery Bakery Nursery Logistics Motors Brewing Textiles Dental Roofing Cycles".split()  # noqa: SIM905
STREETS = ("Sample Street", "Example Road", "Specimen Lane", "Model Avenue")
TOWNS = (("Leeds", "LS"), ("York", "YO"), ("Sheffield", "S"), ("Bradford", "BD"), ("Hull", "HU"))


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    email: str
    phone: str
    company: str
    address: str
    postcode: str
    purchase_order: str


def person(draw: random.Random) -> Person:
    """Someone who books; two in five for a company."""
    first, last = draw.choice(FIRST), draw.choice(LAST)
    town, area = draw.choice(TOWNS)
    is_company = draw.random() < 0.4
    return Person(
        name=f"{first} {last}",
        email=f"{first}.{last}{draw.randrange(10_000)}@example.com".lower(),
        phone=f"07700 900{draw.randrange(1000):03d}",
        company=f"Example {draw.choice(TRADES)} Ltd" if is_company else "",
        address=f"{draw.randrange(1, 200)} {draw.choice(STREETS)}\n{town}",
        postcode=f"{area}{draw.randrange(1, 12)} {draw.randrange(1, 10)}AA",
        purchase_order=f"PO-{draw.randrange(10_000, 99_999)}" if is_company else "",
    )


def attendee(draw: random.Random) -> tuple[str, str]:
    """A name and an address for somebody who comes along."""
    first, last = draw.choice(FIRST), draw.choice(LAST)
    return f"{first} {last}", f"{first}.{last}@example.org".lower()
