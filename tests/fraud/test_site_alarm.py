"""The alarm of the whole site: when it sounds, whom it asks, that it ends by itself and locks nobody out."""

from datetime import timedelta
from itertools import product

import pytest
from django.test import Client

from core.backoffice import today
from fraud import metrics as fraud_metrics
from fraud import scoring, site_alarm
from fraud.models import Outcome, SiteAlarm
from fraud.services import assessments, outcomes, site_alarms
from fraud.site_alarm import Limits, Seen
from tests.core.backoffice import staff
from tests.fraud.builders import NOW, card, subject

LIMITS = Limits(cards=10, times=5)


class TestSounds:
    @pytest.mark.parametrize(
        ("declines", "cards", "payments", "usual", "expected"),
        [
            (10, 10, 0, 0.15, True),
            (9, 9, 0, 0.15, False),
            (40, 9, 0, 0.15, False),  # one person with a few cards, again and again
            (10, 10, 12, 0.15, True),
            (10, 10, 13, 0.15, False),  # a busy hour of an ordinary shop
            (30, 25, 200, 0.1, False),
            (101, 90, 200, 0.1, True),
            (10, 10, 0, 0.9, True),
            (10, 10, 2, 0.9, False),  # a shop that is used to declines
        ],
    )
    def test_at_many_cards_and_far_above_the_usual(
        self, declines, cards, payments, usual, expected
    ):
        assert site_alarm.sounds(Seen(declines, cards, payments), usual, LIMITS) is expected

    def test_never_when_it_is_turned_off(self):
        assert not site_alarm.sounds(Seen(900, 900, 0), 0.1, Limits(cards=0, times=5))

    def test_more_declines_never_silence_it_and_payments_never_set_it_off(self):
        for declines, cards, payments, usual in product(
            (0, 9, 40, 300), (0, 9, 10, 60), (0, 3, 50, 400), (0.001, 0.15, 2.5)
        ):
            before = site_alarm.sounds(Seen(declines, cards, payments), usual, LIMITS)
            more = site_alarm.sounds(Seen(declines + 1, cards + 1, payments), usual, LIMITS)
            fewer = site_alarm.sounds(Seen(declines, cards, payments + 1), usual, LIMITS)

            assert fewer <= before <= more


class TestUsual:
    def test_is_an_ordinary_shop_s_until_something_is_known(self):
        assert site_alarm.usual(0, 0) == 0.15
        assert site_alarm.usual(300, 1000) == pytest.approx(0.29, abs=0.01)


def tried(kind: str, number: int, *, minutes_ago: float = 5, spread: int = 10**6) -> None:
    """So many people, each with a card, a device and a connection of their own."""
    for each in range(number):
        one = subject(
            email=f"{kind}{each}@example.net",
            device=f"{kind}-{each}",
            address=f"203.0.{each % 200}.7",
            card=card(fingerprint=f"{kind}-{each % spread}"),
        )
        at = NOW - timedelta(minutes=minutes_ago)
        outcomes.record(payment_id=one.payment_id, kind=kind, subject=one, now=at)


@pytest.mark.django_db
class TestWatch:
    def test_opens_once_and_says_what_it_saw(self):
        tried("declined", 12)
        tried("succeeded", 3)

        site_alarms.watch(now=NOW)
        alarm = site_alarms.watch(now=NOW + timedelta(seconds=30))

        assert SiteAlarm.objects.get() == alarm
        assert (alarm.declines, alarm.cards, alarm.payments, alarm.usual) == (12, 12, 3, 0.15)
        assert alarm.opened_at == NOW
        assert alarm.lasts_until == NOW + timedelta(minutes=30, seconds=30)

    def test_an_ordinary_day_opens_nothing(self):
        tried("declined", 4)
        tried("succeeded", 20)

        assert site_alarms.watch(now=NOW) is None
        assert not SiteAlarm.objects.exists()

    def test_one_person_s_few_cards_open_nothing(self):
        tried("declined", 40, spread=9)

        assert site_alarms.watch(now=NOW) is None

    def test_ends_by_itself_when_nobody_looks_any_more(self):
        tried("declined", 12)
        alarm = site_alarms.watch(now=NOW)

        assert alarm in SiteAlarm.objects.in_force(NOW + timedelta(minutes=29))
        assert not SiteAlarm.objects.in_force(NOW + timedelta(minutes=30)).exists()

    def test_lasts_as_long_as_it_goes_on_and_then_half_an_hour(self):
        tried("declined", 12, minutes_ago=5)
        site_alarms.watch(now=NOW)
        tried("declined", 12, minutes_ago=-20)

        alarm = site_alarms.watch(now=NOW + timedelta(minutes=25))
        quiet = site_alarms.watch(now=NOW + timedelta(minutes=56))

        assert alarm.lasts_until == NOW + timedelta(minutes=55)
        assert quiet is None
        assert SiteAlarm.objects.count() == 1

    def test_an_attack_never_becomes_the_usual(self):
        tried("declined", 60)
        first = site_alarms.watch(now=NOW)
        later = NOW + timedelta(days=3)
        Outcome.objects.filter(happened_at__gt=NOW).delete()
        for number in range(12):
            one = subject(card=card(fingerprint=f"again-{number}"))
            outcomes.record(payment_id=one.payment_id, kind="declined", subject=one, now=later)

        second = site_alarms.watch(now=later + timedelta(minutes=1))

        assert second is not None
        assert (first.usual, second.usual) == (0.15, 0.15)

    def test_a_shop_used_to_declines_needs_more(self):
        tried("declined", 200, minutes_ago=5 * 24 * 60)
        tried("succeeded", 100, minutes_ago=5 * 24 * 60)
        tried("declined", 12)
        tried("succeeded", 2)

        assert site_alarms.watch(now=NOW) is None

    def test_is_turned_off_by_its_setting(self, settings):
        settings.FRAUD_ALARM_CARDS = 0
        tried("declined", 30)

        assert site_alarms.watch(now=NOW) is None


@pytest.fixture
def alarm(db) -> SiteAlarm:
    return SiteAlarm.objects.create(
        opened_at=NOW - timedelta(minutes=5), lasts_until=NOW + timedelta(minutes=25),
        declines=40, cards=31, payments=2, usual=0.15,
    )  # fmt: skip


class TestWhomItAsks:
    def test_a_device_that_never_paid_and_nothing_more(self, alarm):
        new = subject(device="new", email="new@example.org", address="203.0.113.77")

        judged = assessments.assess(subject=new, now=NOW)

        assert judged.three_d_secure
        assert judged.band == "low"
        said = [each["evidence"] for each in judged.readings if each["signal"] == "site_alarm"]
        assert said == [
            "Many cards are being declined all over the site, and this device never paid here"
        ]

    def test_nobody_who_paid_on_that_device_before(self, alarm):
        one = subject(device="known")
        paid_at = NOW - timedelta(days=40)
        outcomes.record(payment_id=one.payment_id, kind="attempt", subject=one, now=paid_at)
        outcomes.record(payment_id=one.payment_id, kind="succeeded", subject=one, now=paid_at)

        judged = assessments.assess(subject=subject(device="known"), now=NOW)

        assert not judged.three_d_secure

    def test_nobody_when_it_has_ended(self, alarm):
        later = NOW + timedelta(minutes=26)

        judged = assessments.assess(subject=subject(now=later), now=later)

        assert not judged.three_d_secure
        assert "site_alarm" not in {each["signal"] for each in judged.readings}

    def test_two_hundred_honest_people_and_locks_none_of_them(self, alarm):
        judged = [
            assessments.assess(
                subject=subject(
                    device=f"device-{number}",
                    email=f"ann.buyer{number}@example{number}.org",
                    address=f"203.{number % 4}.{number % 250}.9",
                ),
                now=NOW,
            )
            for number in range(200)
        ]

        assert {(each.band, each.three_d_secure) for each in judged} == {("low", True)}


class TestAsking:
    @pytest.mark.parametrize("thresholds", [(40, 40, 80), (25, 40, 80), (25, 25, 25)])
    def test_never_sends_anybody_to_a_person(self, thresholds):
        values = {"site_alarm": "newcomer"}

        judged = scoring.score(
            values, scoring.SHIPPED, scoring.Thresholds(*thresholds), evidence=lambda *_: ""
        )

        assert judged.three_d_secure
        assert judged.band == "low"
        assert sum(each.points for each in judged.readings) == judged.score


class TestMetric:
    def test_is_one_while_it_lasts(self, alarm):
        def shown(now):
            metrics = {each.name: each for each in fraud_metrics.backlog(now)}
            return [sample.value for sample in metrics["fraud_site_alarm"].samples]

        assert shown(NOW) == [1.0]
        assert shown(NOW + timedelta(hours=1)) == [0.0]


class TestToday:
    def test_shows_it_while_it_lasts(self, alarm, monkeypatch):
        monkeypatch.setattr("core.clock.now", lambda: NOW)
        client = Client()
        client.force_login(staff.of_role("office"))

        page = " ".join(client.get("/admin/").content.decode().split())

        assert "Cards are being tried out" in page
        assert "40 declines of 31 cards, 2 payments went through." in page
        assert "It ends by itself at 9.25am" in page

    def test_says_nothing_of_it_otherwise(self, alarm, monkeypatch):
        monkeypatch.setattr("core.clock.now", lambda: NOW + timedelta(hours=2))
        client = Client()
        client.force_login(staff.of_role("office"))

        page = client.get("/admin/").content.decode()

        assert "It ends by itself" not in page
        assert "Cards were being tried out all over the site" in page

    def test_is_not_for_those_who_may_not_see_reviews(self, alarm, rf):
        request = rf.get("/admin/")
        request.user = staff.of_role("ops")

        shown = today.page(request, NOW)

        assert "Cards are being tried out" not in [each.title for each in shown["panels"]]
