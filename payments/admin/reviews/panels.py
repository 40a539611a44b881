"""The panels of a case: what is booked, why it was stopped, who pays with what, and from where."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q

from core import clock, formats
from core.crypto.fields import readable
from core.sagas.models import SagaRun
from courses.selectors import Booking
from fraud.selectors import ReviewCase
from fraud.services import review_queue, whereabouts
from payments.admin.reviews import drawings, words
from payments.models import Payment
from payments.services.checkout import SAGA

OF_THE_SCORE = ("base", "cut")
# What a signal's name says it counted, when the evidence is other payments.
LINKS = frozenset(
    [
        "tries",
        "refused",
        "testing",
        "frauds",
        "rate",
        "accounts",
        "cards",
        "card",
        "device",
        "devices",
        "email",
        "address",
        "customer",
    ]
)


@dataclass(frozen=True, slots=True)
class Fact:
    term: str
    value: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Signal:
    """One line of why it was stopped; `share` is the length of its bar, the heaviest has 100."""

    points: str
    side: str
    title: str
    detail: str
    share: str
    linked: bool


def strip(case: ReviewCase, payment: Payment, booking: Booking, now: datetime) -> dict[str, Any]:
    """By when, where the money is, what is kept."""
    late = case.promise_at <= now
    return {
        "late": late,
        "by": words.moment(case.promise_at, now),
        "left": words.time_left(case.promise_at, now),
        "limit": words.moment(case.hard_limit_at, now),
        "money": _money(payment, now),
        "places": f"{formats.counted(booking.places, 'place')} {'is' if booking.places == 1 else 'are'} held",
    }


def _money(payment: Payment, now: datetime) -> str:
    if payment.status != "authorised":
        return f"Money: {payment.get_status_display().lower()}"
    until = payment.authorised_until
    if until is not None and until <= now:
        return f"The bank’s authorisation ended at {words.moment(until, now)}"
    return "Money is authorised, not taken"


def risk(case: ReviewCase, payment: Payment, tries: list[Any], now: datetime) -> dict[str, Any]:
    """The score, its bands, what others of its kind became, and the signed points that add up to it."""
    assessment, limits = case.assessment, case.assessment.thresholds
    similar = review_queue.similar(case=case, now=now)
    score = assessment.score
    review_from, block_above = limits["review_from"], limits["block_above"]
    signals = _signals(assessment.readings, linked=bool(tries))
    return {
        "score": score,
        "gauge": drawings.gauge(score, review_from=review_from, block_above=block_above),
        "band": {"low": "Goes through", "medium": "A person decides"}.get(
            assessment.band, "Declined"
        ),
        "tone": words.band_tone(assessment),
        "review_from": review_from,
        "block_above": block_above,
        "radar": _radar(assessment.card or {}),
        "loss": _loss(payment),
        "similar": similar,
        "signals": signals,
        "count": sum(each.side != "own" for each in signals),
        "version": assessment.rule_version,
    }


def _signals(readings: list[dict[str, Any]], *, linked: bool) -> list[Signal]:
    """The heaviest first; base and cut last, because they explain the sum and not the customer."""
    shown = [each for each in readings if each["points"] or each["signal"] in OF_THE_SCORE]
    shown.sort(key=lambda each: (each["signal"] in OF_THE_SCORE, -each["points"]))
    weights = [abs(each["points"]) for each in shown if each["signal"] not in OF_THE_SCORE]
    heaviest = max(weights, default=1) or 1
    return [_signal(each, heaviest, linked=linked) for each in shown]


def _signal(reading: dict[str, Any], heaviest: float, *, linked: bool) -> Signal:
    points, name = reading["points"], reading["signal"]
    own = name in OF_THE_SCORE
    title = reading.get("title") or reading["evidence"]
    side = "own" if own else "plus" if points > 0 else "minus"
    return Signal(
        points=f"+{points:g}" if points > 0 else f"−{abs(points):g}" if points else "0",
        side=side,
        title=title,
        detail=reading["evidence"] if reading.get("title") else "",
        share=f"{100 * abs(points) / heaviest:.1f}",
        linked=linked and not own and points > 0 and is_of_others(name),
    )


def is_of_others(signal: str) -> bool:
    """Whether the evidence lies in other payments of the same card, device, address or mailbox."""
    whose, *what = signal.split("_")
    return whose not in ("amount", "odd", "lately") and not LINKS.isdisjoint(what)


def _radar(card: dict[str, Any]) -> str:
    if card.get("risk_score") is None and not card.get("risk_level"):
        return ""
    parts = (str(card.get("risk_score") or ""), str(card.get("risk_level") or ""))
    return ", ".join(part for part in parts if part)


def _loss(payment: Payment) -> str:
    """Who pays if it turns out to be fraud; "" is the bank."""
    return "" if payment.three_d_secure in words.BANK_BEARS else formats.money(payment.amount)


def customer(booking: Booking, now: datetime) -> list[Fact]:
    """How to reach who pays, and since when we know this mailbox."""
    person = booking.customer
    assert person is not None  # nobody pays without having said who they are
    known = Payment.objects.filter(booking__customer__email_index=person.email_index).aggregate(
        first=Min("created_at"), paid=Count("id", filter=Q(status="succeeded"))
    )
    paid = known["paid"]
    phone, company = readable(person, "phone"), readable(person, "company")
    facts = [
        Fact("Name", readable(person, "name")),
        Fact("Email", readable(person, "email")),
        Fact("Phone", phone or "Not given", "" if phone else "unk"),
        Fact("First seen", words.ago(known["first"] or booking.created_at, now)),
        Fact("Paid bookings", f"{paid:,}" if paid else "None", "pass" if paid else ""),
    ]
    if company:
        facts.append(Fact("Company", company))
    return facts


def payment(case: ReviewCase, payment: Payment, now: datetime) -> list[Fact]:
    card = case.assessment.card or {}
    until = payment.authorised_until
    ended = until is not None and until <= now
    return [
        Fact("Card", words.card(card, payment.card_last4, payment.card_brand)),
        Fact("Security code", *words.check(card.get("cvc_check") or "")),
        Fact("Postcode", *words.check(card.get("postcode_check") or "")),
        Fact("3-D Secure", *words.three_d_secure(payment.three_d_secure)),
        Fact(
            "Authorised until",
            f"{formats.short_date(until)}, {formats.clock_time(until)}" if until else "Not known",
            "fail" if ended else "",
        ),
    ]


def origin(case: ReviewCase, payment: Payment, booking: Booking) -> dict[str, Any]:
    """Where card, connection and bill are, and the course; on a map and in words."""
    card = case.assessment.card or {}
    run = SagaRun.objects.filter(name=SAGA, subject_id=payment.pk).values_list("data", flat=True)
    venue = booking.session.venue
    found = whereabouts.spots(
        card_country=payment.card_country or str(card.get("country") or ""),
        address=readable(payment, "address"),
        billing_country=str((run.first() or {}).get("billing_country") or ""),
    )
    known = {each.kind: each for each in found}
    return {
        "map": drawings.dot_map(_points(found, venue)),
        "source": whereabouts.source(now=clock.now()),
        "said": "; ".join(
            [f"{TITLES[each.kind].lower()} {each.name}" for each in found]
            + [f"course in {venue.town}"]
        ),
        "cards": _cards(known, card, payment, booking),
    }


def _cards(
    known: dict[str, whereabouts.Spot], card: dict[str, Any], payment: Payment, booking: Booking
) -> list[dict[str, str]]:
    """The same in words. A bill from home and the course are told together."""
    venue = booking.session.venue
    at_home = "billing" not in known or known["billing"].country == HOME
    shown = [kind for kind in TITLES if kind != "billing" or not at_home]
    cards = [
        {
            "title": TITLES[kind],
            "name": known[kind].name if kind in known else "Not known",
            "note": _note(kind, known.get(kind), card, payment, booking),
        }
        for kind in shown
    ]
    if at_home and "billing" in known:
        title, note = "Billing address and course", _note("billing", None, card, payment, booking)
    else:
        title, note = "Course", venue.postcode
    return [*cards, {"title": title, "name": venue.town, "note": note or venue.postcode}]


TITLES = {
    "card": "Card issued in",
    "connection": "Connection from",
    "billing": "Billing address in",
}
HOME = "GB"


def _note(kind: str, spot: Any, card: dict[str, Any], payment: Payment, booking: Booking) -> str:
    if kind == "card":
        funding = str(card.get("funding") or "card").capitalize()
        return f"{funding}, ending {payment.card_last4}" if payment.card_last4 else funding
    if kind == "connection":
        return spot.note if spot and spot.note else "Home, office or phone" if spot else ""
    postcode = readable(booking.customer, "postcode") if booking.customer else ""
    return f"Postcode {postcode}" if postcode else ""


def _points(found: list[whereabouts.Spot], venue: Any) -> list[drawings.Point]:
    """One point for each country, the course's own last; what is at home is told with the course."""
    away: dict[str, list[whereabouts.Spot]] = {}
    for each in found:
        away.setdefault(each.country, []).append(each)
    home = [each.kind for each in away.pop(HOME, [])]
    points = [
        drawings.Point(
            spots[0].latitude,
            spots[0].longitude,
            f"{_listed([each.kind for each in spots])}: {spots[0].name}",
            "bad" if any(each.kind == "card" for each in spots) else "warn",
        )
        for spots in away.values()
    ]
    words_here = f"{_listed([*home, 'course'])}: {venue.town}"
    return [
        *points,
        drawings.Point(float(venue.latitude), float(venue.longitude), words_here, "ok"),
    ]


def _listed(kinds: list[str]) -> str:
    """Card, Card and course, Card, connection and course."""
    *first, last = kinds
    words_said = f"{', '.join(first)} and {last}" if first else last
    return words_said[:1].upper() + words_said[1:]
