"""The device: who shares it, and whether a person sits at it."""

import pytest

from fraud import scoring
from fraud.history.facts import Facts
from fraud.history.profile import Profile
from fraud.risk_signals import device
from fraud.subject import keys
from tests.fraud.builders import NOW, subject
from tests.fraud.test_risk_signals import points

SECOND = int(NOW.timestamp())
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
HEADLESS = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/141.0 Safari/537.36"


def used_by(emails: int, cards: int, days_ago: int = 1) -> Facts:
    profile = Profile("device")
    for number in range(max(emails, cards)):
        keys = {"email": f"e{min(number, emails - 1)}"} if emails else {}
        keys |= {"card": f"c{min(number, cards - 1)}"} if cards else {}
        profile.observe_try(now=SECOND - days_ago * 86_400, amount_minor=9600, keys=keys)
    return Facts(now=SECOND, keys={"email": "mine", "card": "mine"}, profiles={"device": profile})


class TestSharing:
    @pytest.mark.parametrize(
        ("emails", "expected"), [(0, 0), (1, 0), (2, 3), (3, 3), (4, 8), (8, 14), (40, 14)]
    )
    def test_counts_other_customers(self, emails, expected):
        assert points(device, subject(), used_by(emails, 0)) == expected

    @pytest.mark.parametrize(("cards", "expected"), [(1, 0), (2, 4), (3, 10), (5, 18), (40, 18)])
    def test_counts_other_cards(self, cards, expected):
        assert points(device, subject(), used_by(0, cards)) == expected

    def test_forgets_after_a_month(self):
        assert points(device, subject(), used_by(8, 8, days_ago=31)) == 0

    def test_leaves_ones_own_address_and_card_out(self):
        facts = used_by(1, 1)
        mine = Facts(now=SECOND, keys={"email": "e0", "card": "c0"}, profiles=facts.profiles)

        values = device.values(subject(), mine)

        assert values["device_accounts_30d"] == values["device_cards_30d"] == 0

    def test_is_not_known_without_a_device(self):
        values = device.values(subject(device=""), Facts(now=SECOND))

        assert values["device_accounts_30d"] is values["device_cards_30d"] is None
        assert values["device_known"] == "missing"


class TestBrowser:
    @pytest.mark.parametrize(
        ("devices", "expected"), [(0, 0), (2, 0), (3, 2), (6, 5), (10, 8), (40, 8)]
    )
    def test_that_forgets_its_cookie_is_seen_again(self, devices, expected):
        profile = Profile("browser")
        for number in range(devices):
            profile.observe_try(now=SECOND - 600, amount_minor=9600, keys={"device": f"d{number}"})
        facts = Facts(now=SECOND, keys={"device": "mine"}, profiles={"browser": profile})

        assert points(device, subject(), facts) == expected

    @pytest.mark.parametrize(
        ("changes", "has_one"),
        [
            ({"fingerprint": "ab", "address": "81.2.69.142"}, True),
            ({"fingerprint": "", "address": "81.2.69.142"}, False),
            ({"fingerprint": "ab", "address": ""}, False),
            ({"fingerprint": "ab", "address": "127.0.0.1"}, False),
            ({"fingerprint": "ab", "address": "10.0.0.7"}, False),
        ],
    )
    def test_is_a_look_in_a_place(self, changes, has_one):
        assert ("browser" in keys(subject(**changes))) == has_one

    def test_is_one_within_a_neighbourhood_and_another_beyond(self):
        one, near, far = (
            keys(subject(fingerprint="ab", address=address))["browser"]
            for address in ("81.2.69.142", "81.2.69.7", "81.2.70.142")
        )

        assert one == near != far


class TestAutomation:
    @pytest.mark.parametrize(
        ("webdriver", "user_agent", "value"),
        [
            (None, "", None),
            (None, FIREFOX, None),
            (False, FIREFOX, "no"),
            (True, FIREFOX, "webdriver"),
            (False, HEADLESS, "headless"),
            (None, "python-requests/2.34", "headless"),
            (None, "curl/8.5.0", "headless"),
        ],
    )
    def test_takes_the_browsers_word(self, webdriver, user_agent, value):
        asked = subject(webdriver=webdriver, user_agent=user_agent)

        assert device.values(asked, Facts())["automation"] == value


class TestFormSeconds:
    @pytest.mark.parametrize(
        ("seconds", "expected"), [(None, 0), (0, 4), (1, 4), (3, 4), (4, 0), (600, 0)]
    )
    def test_nobody_types_a_card_in_three_seconds(self, seconds, expected):
        assert points(device, subject(seconds_on_form=seconds), Facts()) == expected


class TestAllOfIt:
    def test_a_script_without_a_cookie_is_not_refused_for_that_alone(self, settings):
        asked = subject(device="", webdriver=True, user_agent=HEADLESS, seconds_on_form=0)

        score = scoring.SHIPPED.base + points(device, asked, Facts())

        assert score < settings.FRAUD_3DS_FROM

    def test_a_browser_that_says_nothing_has_no_points(self):
        asked = subject(webdriver=None, user_agent="", seconds_on_form=None)

        assert points(device, asked, Facts()) == 0

    @pytest.mark.parametrize(
        ("name", "value", "words"),
        [
            ("device_accounts_30d", 4, "4 other email addresses on this device in 30 days"),
            ("device_accounts_30d", 1, "1 other email address on this device in 30 days"),
            ("device_cards_30d", 3, "3 other cards on this device in 30 days"),
            ("device_cards_30d", 1, "1 other card on this device in 30 days"),
            ("device_cards_30d", 0, "No other card on this device in 30 days"),
            (
                "browser_devices_24h",
                3,
                "3 other devices of the same looks, in this network in a day",
            ),
            ("device_known", "missing", "The browser kept no cookie of ours"),
            ("automation", "webdriver", "The browser says that a program drives it"),
            ("form_seconds", 2, "The payment form was filled in 2 seconds"),
            ("form_seconds", None, "The browser didn’t say"),
        ],
    )
    def test_says_it_in_plain_words(self, name, value, words):
        assert device.evidence(name, value, subject(), Facts()) == words
