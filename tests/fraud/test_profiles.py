"""Profiles: folded by one, read by all with what is pending, the same however often they are folded."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from fraud import risk_signals, selectors_facts
from fraud.backtest import replay
from fraud.history.facts import Facts
from fraud.models import KeyProfile, PendingOutcome
from fraud.services import outcomes, profiles
from fraud.subject import keys
from tests.fraud.builders import NOW, card, earlier, subject

pytestmark = pytest.mark.django_db


def facts(asked) -> Facts:
    return selectors_facts.gather(subject=asked, keys=keys(asked), now=asked.now).facts


class TestFold:
    def test_changes_no_answer(self):
        earlier(4, "attempt", "declined", card=card())
        earlier(2, "attempt", "succeeded", minutes_ago=300, card=card(fingerprint="card-2"))
        asked = subject(card=card())

        before = facts(asked)
        assert profiles.fold_all() > 0
        after = facts(asked)

        assert not PendingOutcome.objects.exists()
        assert after.profiles == before.profiles
        assert after.profiles["email"].total[:4] == [6, 4, 0, 2]

    def test_takes_what_came_after_the_last_time(self):
        earlier(1, "attempt")
        profiles.fold_all()
        earlier(1, "attempt")

        asked = subject()
        unfolded = facts(asked).profiles
        profiles.fold_all()

        assert unfolded["email"].total[0] == 2
        assert facts(asked).profiles == unfolded

    def test_leaves_the_present_payment_out_folded_or_not(self):
        earlier(2, "attempt", card=card())
        asked = subject(card=card())
        outcomes.record(payment_id=asked.payment_id, kind="attempt", subject=asked, now=NOW)

        pending = risk_signals.values_of(asked, facts(asked))
        profiles.fold_all()

        assert risk_signals.values_of(asked, facts(asked)) == pending
        assert pending["email_tries_1h"] == 2

    def test_does_a_part_at_a_time(self):
        earlier(3, "attempt")

        assert profiles.fold(limit=4) == 4
        assert PendingOutcome.objects.exists()
        asked = subject()
        assert facts(asked).profiles["email"].total[0] == 3


class TestRebuild:
    def test_gives_the_same_profiles_again(self):
        paid = earlier(3, "attempt", "succeeded", card=card())
        outcomes.record(payment_id=paid[0], kind="disputed", subject=subject(card=card()), now=NOW)
        outcomes.record(payment_id=paid[0], kind="warned", subject=subject(card=card()), now=NOW)
        profiles.fold_all()
        kept = dict(KeyProfile.objects.values_list("key", "state"))

        KeyProfile.objects.all().delete()
        count, made = profiles.rebuild(now=NOW)

        assert (count, made) == (8, len(kept))
        assert dict(KeyProfile.objects.values_list("key", "state")) == kept

    def test_knows_a_payment_once_with_its_last_label(self):
        """Genuine after 90 days, then disputed after all: one known payment, a fraud; and the other way round."""
        one, other = earlier(2, "succeeded", card=card())
        days = [NOW + timedelta(days=number) for number in (90, 95, 100)]
        kinds = {one: ("matured", "disputed", "warned"), other: ("warned", "disputed", "genuine")}
        for payment, heard in kinds.items():
            for kind, at in zip(heard, days, strict=True):
                outcomes.record(payment_id=payment, kind=kind, subject=subject(card=card()), now=at)

        asked = subject(card=card(), now=days[-1])
        pending = facts(asked).profiles["card"]
        profiles.fold_all()
        folded = facts(asked).profiles["card"]
        profiles.rebuild(now=NOW)

        assert pending == folded == facts(asked).profiles["card"]
        assert (folded.known, folded.frauds, folded.latest) == (2, 1, "10")
        assert folded.labels_since(int(days[-1].timestamp()), 30)[:2] == (2, 1)


class TestForget:
    @pytest.fixture(autouse=True)
    def long_ago(self, settings):
        settings.FRAUD_PROFILE_DAYS = 400
        minutes = 401 * 24 * 60
        earlier(
            1,
            "succeeded",
            minutes_ago=minutes,
            email="gone@example.org",
            card=card(fingerprint="gone"),
        )
        earlier(
            1,
            "succeeded",
            "disputed",
            minutes_ago=minutes,
            email="thief@example.org",
            device="stolen",
        )
        earlier(1, "succeeded", minutes_ago=minutes, email="back@example.org", device="back")
        earlier(1, "succeeded", minutes_ago=60, email="back@example.org", device="new")
        profiles.fold_all()

    def test_removes_whom_nobody_saw_and_no_fraud_was_known_of(self, monkeypatch):
        monkeypatch.setattr(profiles, "FORGOTTEN_AT_ONCE", 3)
        before = KeyProfile.objects.count()

        forgotten = profiles.forget(now=NOW)

        assert KeyProfile.objects.count() == before - forgotten
        assert forgotten > 0
        assert tries("gone@example.org") == 0
        assert tries("thief@example.org") == 1
        assert tries("back@example.org") == 1
        assert profiles.forget(now=NOW) == 0

    def test_leaves_whom_somebody_uses_at_this_moment(self):
        earlier(1, "succeeded", email="gone@example.org", minutes_ago=0, device="now")

        profiles.forget(now=NOW)

        assert KeyProfile.objects.filter(
            key=keys(subject(email="gone@example.org"))["email"]
        ).exists()

    def test_leaves_what_a_rebuild_would_make(self):
        profiles.forget(now=NOW)
        kept = dict(KeyProfile.objects.values_list("key", "state"))

        profiles.rebuild(now=NOW)

        assert dict(KeyProfile.objects.values_list("key", "state")) == kept


def tries(email: str) -> int:
    return facts(subject(email=email)).profiles["email"].total[3]


class TestReplay:
    def test_the_backtest_sees_exactly_what_the_checkout_saw(self):
        """Forty payments of a few people, some declined, some frauds learned later."""
        rows = [_row(number) for number in range(40)]
        book, seen, replayed = replay.Book(), [], []
        for asked, outcome, labelled in rows:
            second, own = int(asked.now.timestamp()), keys(asked)
            if labelled:
                fraud, at = labelled
                kind = "disputed"
                outcomes.record(payment_id=fraud.payment_id, kind=kind, subject=fraud, now=at)
                book.tell("fraud", keys(fraud), now=int(at.timestamp()), amount_minor=0)
            seen.append(risk_signals.values_of(asked, facts(asked)))
            there = Facts(
                now=second, keys=own, profiles=book.of(own), geo=replay.place_of(asked.address)
            )
            replayed.append(risk_signals.values_of(asked, there))
            for kind in ("attempt", outcome):
                outcomes.record(
                    payment_id=asked.payment_id, kind=kind, subject=asked, now=asked.now
                )
                book.tell(kind, own, now=second, amount_minor=asked.amount_minor)
            if len(seen) % 7 == 0:
                profiles.fold(limit=50)

        assert seen == replayed
        assert seen[-1]["email_tries_30d"] > 3
        assert seen[-1]["email_booking_30d"] > 3
        assert any(values["card_frauds"] for values in seen)


_asked: list = []


def _row(number: int):
    at = NOW + timedelta(minutes=37 * number)
    person = number % 3
    asked = subject(
        now=at,
        email=f"person{person}@example.org",
        address="",
        device=f"device-{person}",
        card=card(fingerprint=f"card-{number % 5}"),
        amount_minor=9600 * (1 + number % 4),
    )
    _asked.append(asked)
    labelled = (_asked[-6], at) if number % 9 == 8 else None
    return asked, ("declined" if number % 4 == 1 else "succeeded"), labelled


@pytest.mark.django_db(transaction=True)
class TestTwoFolders:
    def test_fold_everything_once(self):
        earlier(30, "attempt", card=card())

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(_fold, range(8)))
        profiles.fold_all()

        asked = subject(card=card())
        assert facts(asked).profiles["card"].total[0] == 30
        assert not PendingOutcome.objects.exists()


def _fold(_number):
    try:
        return profiles.fold(limit=40)
    finally:
        connection.close()
