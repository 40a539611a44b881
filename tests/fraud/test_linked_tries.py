"""Other payments of the same card, device, address or mailbox: the newest of 90 days, and no crowds."""

from datetime import timedelta

import pytest

from core.ids import uuid7
from fraud.models import Assessment
from fraud.services import linked_tries
from tests.fraud.builders import NOW

pytestmark = pytest.mark.django_db
KEYS = {"card": "c" * 64, "device": "d" * 64, "address": "a" * 64, "email": "e" * 64}


def judged(*, minutes_ago: int = 10, payment=None, stage: str = "before", **keys: str):
    return Assessment.objects.create(
        payment_id=payment or uuid7(), stage=stage, score=50, band="medium", three_d_secure=False,
        readings=[], thresholds={}, rule_version="1", keys=keys, card={"last4": "4242"},
        amount_minor=9600, currency="GBP", places=1, course="efaw",
        assessed_at=NOW - timedelta(minutes=minutes_ago),
    )  # fmt: skip


def linked(assessment):
    return linked_tries.linked(assessment=assessment, now=NOW)


class TestLinked:
    def test_finds_what_shares_and_says_what(self):
        mine = judged(**KEYS, minutes_ago=1)
        card = judged(card=KEYS["card"], email="x" * 64, minutes_ago=5)
        both = judged(device=KEYS["device"], email=KEYS["email"], minutes_ago=3)
        judged(card="z" * 64)

        found = linked(mine)

        assert [each.payment_id for each in found] == [both.payment_id, card.payment_id]
        assert [each.shares for each in found] == [["device", "email"], ["card"]]

    def test_tells_a_payment_once_with_its_later_judgement(self):
        mine, payment = judged(**KEYS), uuid7()
        judged(**KEYS, payment=payment, minutes_ago=9)
        judged(**KEYS, payment=payment, minutes_ago=8, stage="after")

        [found] = linked(mine)

        assert found.assessed_at == NOW - timedelta(minutes=8)

    def test_does_not_find_itself(self):
        assert linked(judged(**KEYS)) == []

    def test_a_prefix_alone_links_nothing(self):
        mine = judged(**KEYS)
        judged(card="c" * 16 + "f" * 48)

        assert linked(mine) == []

    def test_forgets_after_ninety_days(self):
        mine = judged(**KEYS)
        judged(**KEYS, minutes_ago=91 * 24 * 60)

        assert linked(mine) == []

    @pytest.mark.parametrize(("people", "links"), [(20, 20), (21, 0)])
    def test_an_address_of_many_people_links_nobody(self, people, links):
        mine = judged(**KEYS, minutes_ago=1)
        for number in range(people):
            judged(address=KEYS["address"], email=f"{number:064d}")

        assert len(linked(mine)) == links

    def test_shows_no_more_than_its_limit_in_one_question(self, django_assert_num_queries):
        mine = judged(**KEYS, minutes_ago=1)
        for _ in range(25):
            judged(device=KEYS["device"])

        with django_assert_num_queries(1):
            assert len(linked(mine)) == linked_tries.LINKS_MAX

    def test_a_judgement_without_keys_asks_nothing(self, django_assert_num_queries):
        bare = judged()

        with django_assert_num_queries(0):
            assert linked(bare) == []
