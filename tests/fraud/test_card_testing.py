"""The lock: what closes, for whom, for how long; and the drill with honest people in between."""

from datetime import timedelta

import pytest

from fraud.backtest.replay import Book
from fraud.history.facts import Facts
from fraud.risk_signals import card_testing
from fraud.services import assessments, outcomes, profiles
from fraud.subject import keys
from tests.fraud.builders import NOW, card, subject

SECOND = int(NOW.timestamp())
OFFICE = "198.51.100.7"


def declined(
    book: Book, count: int, *, minutes_ago: int = 10, outcome="declined", **changes
) -> None:
    for number in range(count):
        one = subject(**{"card": card(fingerprint=f"tested-{number}")} | changes)
        at = SECOND - 60 * minutes_ago
        for happening in ("attempt", outcome):
            book.tell(happening, keys(one), now=at, amount_minor=9600)


def verdict(book: Book, **changes) -> object:
    asked = subject(**{"card": card(fingerprint="present")} | changes)
    facts = Facts(now=SECOND, keys=keys(asked), profiles=book.of(keys(asked)))
    return card_testing.values(asked, facts)["card_testing"]


SAME = {"card": card(fingerprint="one")}
TESTER = {"email": "tester@example.org", "device": "tester", "address": "203.0.113.9"}


class TestDeviceAndMailbox:
    @pytest.mark.parametrize(
        ("count", "changes", "minutes_ago", "expected"),
        [
            (4, SAME, 10, "calm"),
            (5, SAME, 10, "device"),
            (2, {}, 10, "calm"),
            (3, {}, 10, "device"),
            (5, SAME, 59, "device"),
            (9, {}, 70, "calm"),
            (5, {**SAME, "device": "another"}, 10, "email"),
            (5, {**SAME, "email": "x@example.org"}, 10, "device"),
        ],
    )
    def test_close_after_five_declines_or_three_cards(self, count, changes, minutes_ago, expected):
        book = Book()
        declined(book, count, minutes_ago=minutes_ago, **{"address": "203.0.113.80"} | changes)

        assert verdict(book) == expected

    def test_what_we_blocked_ourselves_closes_nothing(self):
        book = Book()
        declined(book, 9, outcome="blocked")

        assert verdict(book) == "calm"

    def test_nothing_known_is_not_calm(self):
        assert verdict(Book(), email="", device="", address="") is None


class TestConnection:
    def test_closes_for_the_device_that_took_part_and_asks_the_colleague(self):
        book = Book()
        declined(book, 5, **TESTER | {"address": OFFICE, "device": "tester"})

        assert verdict(book, device="tester", email="other@example.org") == "device"
        assert verdict(book, device="colleague", email="colleague@example.org") == "ask"

    def test_closes_for_a_try_without_a_device(self):
        book = Book()
        declined(book, 5, email="", device="")

        assert verdict(book, device="", email="new@example.org") == "connection"
        assert verdict(book, device="a-new-one", email="new@example.org") == "ask"

    @pytest.mark.parametrize(("declines", "expected"), [(1, "ask"), (2, "connection")])
    def test_lets_who_was_declined_once_try_another_card(self, declines, expected):
        book = Book()
        declined(book, 4, email="", **{"device": "one"} | SAME)
        declined(book, declines, email="", device="two", **SAME)

        assert verdict(book, device="two", email="new@example.org") == expected

    @pytest.mark.parametrize(
        ("devices", "paid_before", "expected"),
        [(2, False, "ask"), (3, False, "connection"), (3, True, "ask")],
    )
    def test_closes_for_new_devices_when_devices_are_rotated(self, devices, paid_before, expected):
        book = Book()
        for number in range(6):
            who = {"email": f"rotated{number}@example.org", "device": f"d{number % devices}"}
            declined(book, 1, card=card(fingerprint=f"c{number}"), **who)
        if paid_before:
            declined(
                book, 1, outcome="succeeded", minutes_ago=3000, device="d0", email="a@example.org"
            )

        assert verdict(book, device="new", email="new@example.org") == expected

    def test_stays_open_for_devices_that_ever_paid(self):
        book = Book()
        declined(
            book, 1, outcome="succeeded", minutes_ago=9000, device="regular", email="r@example.org"
        )
        for number in range(6):
            declined(book, 1, email=f"x{number}@example.org", device=f"d{number}")

        assert verdict(book, device="regular", email="r@example.org") == "ask"
        assert verdict(book, device="new", email="new@example.org") == "connection"

    def test_a_busy_school_that_pays_stays_open(self):
        book = Book()
        for number in range(6):
            declined(book, 1, email=f"x{number}@example.org", device=f"d{number}")
            who = {"email": f"y{number}@example.org", "device": f"p{number}"}
            declined(book, 1, outcome="succeeded", minutes_ago=100, **who)

        assert verdict(book, device="new", email="new@example.org") == "ask"


class TestWords:
    @pytest.mark.parametrize("value", [None, "calm", "device", "email", "connection", "ask"])
    def test_are_a_sentence_for_each_verdict(self, value):
        book = Book()
        declined(book, 5)
        asked = subject()
        facts = Facts(now=SECOND, keys=keys(asked), profiles=book.of(keys(asked)))

        assert len(card_testing.evidence("card_testing", value, asked, facts)) > 20


@pytest.mark.django_db
class TestDrill:
    """A tester with a new card for each try, and honest people between his tries: some at the same
    office, some who mistype a card once or twice."""

    def run(self, honest: int = 40) -> tuple[list[str], list[str]]:
        tester, others = [], []
        for number in range(honest):
            at = NOW + timedelta(seconds=20 * number)
            if number % 20 == 0:
                profiles.fold_all()
            if number % 5 == 0:
                tester.append(
                    self._tries(at, card=card(fingerprint=f"stolen-{number}"), **self._thief())
                )
            who = {"email": f"honest{number}@example.net", "device": f"own-{number}"}
            address = OFFICE if number % 2 else f"192.0.2.{number}"
            if number % 4 == 0:
                others.append(self._tries(at, address=address, **who))
            others.append(self._tries(at, fails=False, address=address, **who))
        return tester, others

    def _thief(self) -> dict:
        return {"email": "thief@example.org", "device": "thief", "address": OFFICE}

    def _tries(self, at, *, fails: bool = True, **changes) -> str:
        one = subject(
            **{"card": card(fingerprint=f"card of {changes['email']}"), "now": at} | changes
        )
        judged = assessments.assess(subject=one, now=at)
        if judged.band == "high":
            outcomes.record(payment_id=one.payment_id, kind="blocked", subject=one, now=at)
            return "locked"
        kind = "declined" if fails else "succeeded"
        outcomes.record(payment_id=one.payment_id, kind=kind, subject=one, now=at)
        return "passed"

    def test_locks_the_tester_at_once_and_nobody_else(self):
        tester, honest = self.run(200)

        assert tester[:3] == ["passed"] * 3
        assert set(tester[3:]) == {"locked"}
        assert len(honest) >= 200
        assert set(honest) == {"passed"}

    def test_locks_at_the_sixth_try_with_one_card(self):
        same = self._thief() | {"card": card(fingerprint="one")}
        tries = [self._tries(NOW + timedelta(minutes=n), **same) for n in range(7)]

        assert tries == ["passed"] * 5 + ["locked"] * 2

    def test_without_the_lock_the_tester_goes_on(self, settings):
        settings.FRAUD_SIGNALS = ["amount", "feedback"]

        tester, _honest = self.run()

        assert set(tester) == {"passed"}

    def test_opens_again_after_an_hour(self):
        for number in range(5):
            self._tries(NOW, card=card(fingerprint=f"stolen-{number}"), **self._thief())
        later = NOW + timedelta(minutes=66)

        assert self._tries(NOW + timedelta(minutes=2), **self._thief()) == "locked"
        again = subject(now=later, **self._thief())
        judged = assessments.assess(subject=again, now=later)
        assert "card_testing" not in {each["signal"] for each in judged.readings}

    def test_nothing_lifts_the_lock(self):
        good = {"three_d_secure": "authenticated"}
        for number in range(5):
            self._tries(NOW, card=card(fingerprint=f"stolen-{number}"), **self._thief())
        asked = subject(stage="after", card=card(**good), **self._thief())

        judged = assessments.assess(subject=asked, now=NOW)

        assert (judged.score, judged.band) == (100, "high")
