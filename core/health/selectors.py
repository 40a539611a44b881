"""The Health page's facts: each part now and in the last 24 hours, and one sentence for all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.health import checks
from core.health.checks import DOWN, SLOW, UNKNOWN, WORKS, Health, Part, Words
from core.health.models import SLOT, Slot
from core.health.observations import PAGES_SLOW_MS, WEBSITE
from core.health.wording import WEBSITE as WEBSITE_WORDS

SHOWN = timedelta(hours=24)
STRIPE_WIDTH = timedelta(minutes=15)
ERRORS_WITHIN = timedelta(minutes=15)
LATENCY_WITHIN = timedelta(hours=1)
FAILING_SHARE = 0.05
WORD = {WORKS: "Works", SLOW: "Slow", DOWN: "Not working", UNKNOWN: "Not known yet"}
TONE = {WORKS: "ok", SLOW: "warn", DOWN: "bad", UNKNOWN: ""}
ICON = {
    WORKS: "circle-check",
    SLOW: "triangle-alert",
    DOWN: "octagon-x",
    UNKNOWN: "circle-question-mark",
}
SEVERITY = (DOWN, SLOW)


@dataclass(frozen=True)
class Stripe:
    """A quarter of an hour of the strip: where it stands in a drawing of 96, and how it was."""

    place: int
    state: str

    @property
    def tone(self) -> str:
        return TONE[self.state]


@dataclass(frozen=True)
class Standing:
    name: str
    words: Words
    state: str
    said: str
    p95_ms: float | None
    last_good_at: datetime | None
    since: datetime | None
    errors: int
    stripes: Sequence[Stripe]

    @property
    def word(self) -> str:
        return WORD[self.state]

    @property
    def tone(self) -> str:
        return TONE[self.state]

    @property
    def icon(self) -> str:
        return ICON[self.state]

    @property
    def sentence(self) -> str:
        """ "Emails are slow. Bookings are not affected.", or nothing while it works."""
        if self.state == SLOW and self.words.slow:
            return f"{self.words.slow} {self.words.slow_effect or self.words.effect}".strip()
        if self.state == DOWN and self.words.down:
            return f"{self.words.down} {self.words.effect}".strip()
        return ""

    @property
    def day_in_words(self) -> str:
        """The strip for those who do not see it."""
        counted = {state: sum(each.state == state for each in self.stripes) for state in WORD}
        if not counted[DOWN] and not counted[SLOW]:
            return "Nothing noticed in 24 hours."
        minutes = int(STRIPE_WIDTH.total_seconds() // 60)
        return (
            f"In 24 hours: not working in {counted[DOWN] * minutes} minutes,"
            f" slow in {counted[SLOW] * minutes} minutes."
        )


def standings(*, now: datetime, answers: Mapping[str, Health] | None = None) -> list[Standing]:
    """The website first, then every registered part; one query."""
    asked = checks.ask_all() if answers is None else answers
    slots = _slots(now)
    parts: dict[str, Part] = checks.parts()
    rest = [
        _standing(name, part.words, asked[name], slots.get(name, []), now, timed=part.timed)
        for name, part in parts.items()
        if name in asked
    ]
    pages = slots.get(WEBSITE, [])
    website = _standing(WEBSITE, WEBSITE_WORDS, _website(pages, now), pages, now, timed=True)
    return [website, *rest]


def overall(found: Sequence[Standing]) -> str:
    """The page in one sentence: the worst first."""
    troubles = [
        each.sentence
        for state in SEVERITY
        for each in found
        if each.state == state and each.sentence
    ]
    return " ".join(troubles) or "Everything works."


def overall_state(found: Sequence[Standing]) -> str:
    states = {each.state for each in found}
    return next((state for state in SEVERITY if state in states), WORKS)


def _slots(now: datetime) -> dict[str, list[Slot]]:
    found: dict[str, list[Slot]] = {}
    for slot in Slot.objects.filter(began_at__gt=now - SHOWN).order_by("began_at"):
        found.setdefault(slot.part, []).append(slot)
    return found


def _website(slots: Sequence[Slot], now: datetime) -> Health:
    """From what visits met in the last quarter of an hour."""
    recent = _within(slots, now, ERRORS_WITHIN)
    visits, failed = sum(each.asked for each in recent), sum(each.failed for each in recent)
    p95 = _p95(recent)
    if not visits:
        return Health(True, 0, state=UNKNOWN, said="Nobody has visited in the last 15 minutes.")
    if failed / visits >= FAILING_SHARE:
        return Health(False, 0, state=DOWN, said=f"{failed} of {visits} visits met an error.")
    if p95 is not None and p95 > PAGES_SLOW_MS:
        return Health(True, p95, state=SLOW, said="One visit in twenty takes over a second.")
    return Health(True, p95 or 0)


def _standing(
    name: str, words: Words, answer: Health, slots: Sequence[Slot], now: datetime, *, timed: bool
) -> Standing:
    last_good = max((each.last_good_at for each in slots if each.last_good_at), default=None)
    works = answer.state in (WORKS, SLOW) and name != WEBSITE
    return Standing(
        name=name,
        words=words,
        state=answer.state,
        said=answer.said or answer.error,
        p95_ms=_p95(_within(slots, now, LATENCY_WITHIN)) if timed else None,
        last_good_at=now if works else last_good,
        since=_since(slots) if answer.state == DOWN else None,
        errors=sum(each.failed for each in _within(slots, now, ERRORS_WITHIN)),
        stripes=_stripes(slots, now),
    )


def _since(slots: Sequence[Slot]) -> datetime | None:
    """When the present trouble began, to five minutes: after the last slot without a failure."""
    began = None
    for slot in reversed(slots):
        if not slot.failed:
            break
        began = slot.began_at
    return began


def _within(slots: Sequence[Slot], now: datetime, span: timedelta) -> list[Slot]:
    return [each for each in slots if each.began_at > now - span - SLOT]


def _p95(slots: Sequence[Slot]) -> float | None:
    values = sorted(value for each in slots for value in each.latencies)
    return values[min(len(values) - 1, int(0.95 * len(values)))] if values else None


def _stripes(slots: Sequence[Slot], now: datetime) -> list[Stripe]:
    count = int(SHOWN / STRIPE_WIDTH)
    began = now - SHOWN
    states = [UNKNOWN] * count
    for slot in slots:
        place = min(count - 1, max(0, int((slot.began_at - began) / STRIPE_WIDTH)))
        states[place] = _worse(states[place], _state_of(slot))
    return [Stripe(place, state) for place, state in enumerate(states)]


def _state_of(slot: Slot) -> str:
    if slot.failed and slot.failed >= slot.asked * FAILING_SHARE:
        return DOWN
    return SLOW if slot.slow or slot.failed else WORKS


def _worse(one: str, other: str) -> str:
    order = (UNKNOWN, WORKS, SLOW, DOWN)
    return max(one, other, key=order.index)
