"""One key's history: counted in windows, bounded, the same after a trip through its row."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fraud.history import profile as profiles
from fraud.history import spread, windows
from fraud.history.profile import Own, Profile

NOW = 1_795_000_000
MINUTE, HOUR, DAY = 60, 3600, 86_400
WHO = {"card": "c", "device": "d", "address": "a", "email": "e", "customer": "u"}


def tried(profile: Profile, ago: int, *outcomes: str, amount: int = 9600, **keys: str) -> None:
    at = NOW - ago
    profile.observe_try(now=at, amount_minor=amount, keys=WHO | keys)
    for outcome in outcomes:
        profile.observe_outcome(outcome, now=at, amount_minor=amount, keys=WHO | keys)


class TestCounts:
    @pytest.mark.parametrize(
        ("ago", "seen_in"),
        [
            (0, "hdwma"), (59 * MINUTE, "hdwma"), (70 * MINUTE, "dwma"), (23 * HOUR, "dwma"),
            (26 * HOUR, "wma"), (6 * DAY, "wma"), (9 * DAY, "ma"), (29 * DAY, "ma"), (32 * DAY, "a"),
        ],
    )  # fmt: skip
    def test_by_window(self, ago, seen_in):
        profile = Profile("email")
        tried(profile, ago, "declined")

        found = profile.counts(NOW)

        assert [counts[:2] for counts in found] == [
            (1, 1) if letter in seen_in else (0, 0) for letter in "hdwma"
        ]

    @settings(max_examples=60)
    @given(st.lists(st.integers(0, 40 * DAY), max_size=120))
    def test_agree_with_a_plain_count(self, agos):
        profile = Profile("email")
        for ago in sorted(agos, reverse=True):
            tried(profile, ago)

        starts = [start * 300 for start in windows.starts(NOW)]
        plain = [sum(NOW - ago >= start for ago in agos) for start in starts]

        assert [counts[0] for counts in profile.counts(NOW)] == [*plain, len(agos)]
        assert len(profile.to_json().get("rows", ())) <= (13 + 26 + 32) * windows.WIDTH

    @settings(max_examples=40)
    @given(st.lists(st.integers(0, 3 * DAY), min_size=1, max_size=40), st.randoms())
    def test_do_not_depend_on_the_order(self, agos, random):
        ordered, mixed = Profile("email"), Profile("email")
        for ago in sorted(agos, reverse=True):
            tried(ordered, ago)
        random.shuffle(agos)
        for ago in agos:
            tried(mixed, ago)

        assert mixed.counts(NOW) == ordered.counts(NOW)

    def test_leave_out_the_present_payment(self):
        profile = Profile("email")
        tried(profile, 5 * MINUTE, "declined")
        tried(profile, 0, "declined")
        own = Own((("attempt", NOW), ("declined", NOW)), 9600)

        assert [counts[:5] for counts in profile.counts(NOW, own)] == [(1, 1, 0, 0, 9600)] * 5


class TestNewcomer:
    def test_has_no_age_rather_than_none_at_all(self):
        profile = Profile("email")

        assert (profile.is_new(), profile.age(NOW), profile.since_last(NOW)) == (True, None, None)

    def test_stays_one_during_the_first_payment(self):
        profile = Profile("email")
        tried(profile, 0)
        own = Own((("attempt", NOW),), 9600)

        assert (profile.age(NOW, own), profile.since_last(NOW, own)) == (None, None)

    def test_is_none_after_that(self):
        profile = Profile("email")
        tried(profile, DAY)
        tried(profile, 0)
        own = Own((("attempt", NOW),), 9600)

        assert (profile.age(NOW, own), profile.since_last(NOW, own)) == (DAY, DAY)


class TestOthers:
    def test_counts_others_than_the_present_one(self):
        profile = Profile("email")
        for number in range(4):
            tried(profile, number * MINUTE, card=f"card-{number}")

        assert profile.others("card", "card-2", NOW - HOUR) == 3
        assert profile.others("card", "another", NOW - HOUR) == 4
        assert profile.others("card", "card-2", NOW - 90) == 2

    def test_stops_at_twenty_five(self):
        profile = Profile("email")
        for number in range(500):
            tried(profile, 500 - number, card=f"card-{number}")

        assert profile.others("card", "", NOW - HOUR) == 25
        assert len(profile.met("card")) == 26

    @settings(max_examples=60)
    @given(
        st.lists(st.tuples(st.integers(0, 2 * DAY), st.integers(0, 40)), max_size=80),
        st.integers(0, 40),
    )
    def test_agree_with_a_plain_count(self, met, present):
        """In any order, as long as there is room for all."""
        profile = Profile("email")
        latest: dict[str, int] = {}
        for ago, card in met[:25]:
            tried(profile, ago, card=f"card-{card}")
            latest[card] = max(latest.get(card, 0), NOW - ago)

        since = (NOW - HOUR, NOW - DAY, 0)
        plain = [
            sum(at >= each for card, at in latest.items() if card != present) for each in since
        ]

        assert profile.others_since("card", f"card-{present}", since) == plain
        assert profile.others("card", f"card-{present}", NOW - DAY) == plain[1]

    def test_keep_who_was_seen_last(self):
        profile = Profile("email")
        for number in range(40):
            tried(profile, 100 - number, card=f"card-{number % 30}")

        kept = [link[0] for link in profile.met("card")]

        assert kept == [f"card-{number % 30}" for number in range(14, 40)]

    def test_knows_which_were_declined_and_which_paid(self):
        profile = Profile("address")
        tried(profile, MINUTE, "declined", device="bad")
        tried(profile, MINUTE, "succeeded", device="good")

        assert profile.others("device", "", NOW - HOUR, seen_as=2) == 1
        assert profile.others("device", "", NOW - HOUR, seen_as=3) == 1


class TestLearning:
    @pytest.mark.parametrize(
        ("frauds", "known", "expected"),
        [(0, 0, 0.02), (1, 1, 0.0667), (2, 2, 0.1091), (0, 80, 0.004)],
    )
    def test_rates_are_drawn_towards_the_usual(self, frauds, known, expected):
        assert round(profiles.smoothed(frauds, known), 4) == expected

    def test_counts_labels_by_the_day_they_became_known(self):
        profile = Profile("card")
        for ago, fraud in ((40, True), (12, True), (11, False), (3, False), (0, True)):
            profile.learn(fraud=fraud, now=NOW - ago * DAY)

        assert profile.labels_since(NOW, 7)[:2] == (2, 1)
        assert profile.labels_since(NOW, 30) == (4, 2, 12)
        assert (profile.known, profile.frauds, profile.latest) == (5, 3, "11001")

    @settings(max_examples=60)
    @given(st.lists(st.tuples(st.integers(0, 40 * DAY), st.booleans()), max_size=60))
    def test_agrees_with_a_plain_count_in_any_order(self, learned):
        profile, today = Profile("card"), NOW // DAY
        for ago, fraud in learned:
            profile.learn(fraud=fraud, now=NOW - ago)

        for days in (7, 30):
            if not learned or max((NOW - ago) // DAY for ago, _ in learned) != today:
                continue
            seen = [(NOW - ago) // DAY for ago, _ in learned]
            bad = [(NOW - ago) // DAY for ago, fraud in learned if fraud]
            known, frauds, since_first = profile.labels_since(NOW, days)
            within = [day for day in bad if day >= today - days]

            assert known == sum(day >= today - days for day in seen)
            assert frauds == len(within)
            assert not within or since_first == today - min(within)

    @settings(max_examples=60)
    @given(st.lists(st.tuples(st.integers(0, 25), st.integers(0, 5)), max_size=20))
    def test_knows_each_payment_once_by_what_was_said_last(self, told):
        """Each time somebody speaks of a payment he says the opposite of what was said before."""
        profile = Profile("card")
        last: dict[int, tuple[bool, int]] = {}
        for ago, payment in sorted(told, reverse=True):
            before, at = last.get(payment, (False, 0))
            last[payment] = not before, NOW - ago * DAY
            profile.learn(fraud=not before, now=NOW - ago * DAY, replaces_at=at)

        assert (profile.known, profile.frauds) == (
            len(last),
            sum(said for said, _at in last.values()),
        )
        for days in (7, 30):
            lately = [said for said, at in last.values() if at // DAY >= NOW // DAY - days]
            assert profile.labels_since(NOW, days)[:2] == (len(lately), sum(lately))

    def test_forgets_days_but_no_frauds(self):
        profile = Profile("card")
        for day in range(400, -1, -1):
            profile.learn(fraud=day % 2 == 0, now=NOW - day * DAY)

        assert (profile.known, profile.frauds) == (401, 201)
        assert len(profile.to_json()["labels"]) <= 3 * 32
        assert len(profile.latest) == 10


class TestUsual:
    @pytest.mark.parametrize("amounts", [[], [9600], [9600] * 4])
    def test_says_nothing_on_few(self, amounts):
        assert spread.usual(amounts) is None

    def test_one_outlier_changes_little(self):
        calm = spread.usual([9600] * 19)
        shaken = spread.usual([9600] * 19 + [9_600_000])

        assert calm.deviations(115_200) == shaken.deviations(115_200) == 9.9

    @settings(max_examples=60)
    @given(st.lists(st.integers(1, 90_000), max_size=70), st.sampled_from(["card", "course"]))
    def test_is_the_same_payment_by_payment_and_from_scratch(self, amounts, kind):
        profile = Profile(kind)
        for number, amount in enumerate(amounts):
            tried(profile, 100 - number, "succeeded", amount=amount)

            assert profile.usual() == spread.usual(profile.paid_amounts())

    def test_keeps_the_latest_payments(self):
        profile = Profile("customer")
        for number in range(60):
            tried(profile, 60 - number, "succeeded", amount=100 + number)

        assert profile.paid_amounts() == list(range(140, 160))

    def test_sees_unusual_amounts_of_late(self):
        profile = Profile("customer")
        for number in range(10):
            tried(profile, DAY + number, "succeeded")
        tried(profile, HOUR, amount=96_000)
        tried(profile, 0, amount=96_000)

        assert profile.odd_since(NOW - DAY) == 2
        assert profile.odd_since(NOW - DAY, Own((("attempt", NOW),), 96_000)) == 1


class TestRow:
    def test_reads_what_was_kept_out_of_order(self):
        """As rows were written before links and days were kept in order."""
        kept = {
            "kind": "address", "total": [3, 1, 0, 1, 300], "known": 4, "frauds": 2,
            "rows": [NOW // 300 - 400, 2, 1, 0, 0, 200, NOW // 300, 1, 0, 0, 1, 100],
            "links": [[["old", NOW, NOW, 0], ["new", NOW - 90, 0, NOW - 90]], [], []],
            "labels": [NOW // DAY - 2, 1, 0, NOW // DAY - 3, 2, 1],
        }  # fmt: skip
        profile = Profile.from_json(kept)

        assert [counts[:2] for counts in profile.counts(NOW)] == [(1, 0), (1, 0), *[(3, 1)] * 3]
        assert profile.others("card", "", NOW - 60) == 1
        assert profile.others("card", "", NOW - 90, seen_as=3) == 1
        assert profile.labels_since(NOW, 2) == (1, 0, 0)
        assert profile.labels_since(NOW, 7) == (3, 1, 3)
        assert Profile.from_json(profile.to_json()) == profile

        profile.observe_try(now=NOW, amount_minor=100, keys={"booking": "first"})

        assert profile.others("booking", "", NOW) == 1

    @settings(max_examples=40)
    @given(
        st.lists(
            st.tuples(
                st.integers(0, 9 * DAY),
                st.sampled_from(["declined", "succeeded", "blocked", "fraud", "genuine"]),
                st.integers(0, 6),
            ),
            max_size=50,
        ),
        st.sampled_from(sorted(profiles.LINKS)),
    )
    def test_comes_back_equal(self, happened, kind):
        profile = Profile(kind)
        for ago, what, who in sorted(happened, reverse=True):
            if what in ("fraud", "genuine"):
                profile.learn(fraud=what == "fraud", now=NOW - ago)
            else:
                tried(profile, ago, what, card=f"c{who}", device=f"d{who}", email=f"e{who}")

        again = Profile.from_json(json.loads(json.dumps(profile.to_json())))

        assert again == profile
        assert again.counts(NOW) == profile.counts(NOW)
        assert again.usual() == profile.usual()
