"""The mail addresses' factors, and their words."""

import pytest

from fraud.history.facts import Facts
from fraud.history.profile import Profile
from fraud.risk_signals import email as email_signal
from tests.fraud.builders import NOW, subject
from tests.fraud.test_risk_signals import points

SECOND = int(NOW.timestamp())
DAY = 86_400


def known_for(days: int) -> Facts:
    profile = Profile("email")
    profile.observe_try(now=SECOND - days * DAY, amount_minor=9600, keys={})
    return Facts(now=SECOND, profiles={"email": profile})


class TestCustomer:
    @pytest.mark.parametrize(
        ("email", "expected"),
        [
            ("ann.smith@example.org", 0),
            ("a@mailinator.com", 30),
            ("a@MAILINATOR.com.", 30),
            ("a@x.y.mailinator.com", 30),
            ("a@mailinator.com.example.org", 0),
            ("ann@gmai1.com", 15),
            ("ann@btinternt.com", 2),
            ("info@example.org", 1),
            ("xk29dfq7z1@example.org", 7),
            ("a1b2c3d4@example.org", 4),
            ("john1985@example.org", 0),
        ],
    )
    def test_gives_points_for_what_an_address_looks_like(self, email, expected):
        assert points(email_signal, subject(email=email), Facts()) == expected

    def test_a_firms_shared_mailbox_is_nothing_of_note(self):
        asked = subject(email="bookings@example.org", company=True)

        assert points(email_signal, asked, Facts()) == 0

    @pytest.mark.parametrize(("days", "expected"), [(0, 0), (6, 0), (7, -1), (30, -3), (900, -5)])
    def test_an_address_gains_trust_with_age(self, days, expected):
        assert points(email_signal, subject(), known_for(days)) == expected

    def test_a_newcomer_is_unknown_and_not_zero_days_old(self):
        facts = Facts(now=SECOND, profiles={"email": Profile("email")})

        assert email_signal.values(subject(), facts)["email_days"] is None

    @pytest.mark.parametrize("email", ["", "no-at-sign", "a@", "@"])
    def test_says_nothing_without_a_domain(self, email):
        values = email_signal.values(subject(email=email), Facts())

        assert set(values.values()) == {None}


class TestAttendees:
    @pytest.mark.parametrize(
        ("emails", "expected"),
        [
            ((), 0),
            (("one@example.org",), 0),
            (("one@mailinator.com",), 6),
            (("one@mailinator.com", "two@mailinator.com"), 10),
            (("one@mailinator.com", "o.ne@mailinator.com", "three@example.org"), 10),
            (("one+a@mailinator.com", "one+b@mailinator.com"), 6),
            (("ann.smith@example.org",) * 3, 2),
            (("ann.smith@example.org",) * 2, 0),
            (("ann.smith+1@example.org", "ann.smith+2@example.org", "ann.smith@example.org"), 2),
            (("one@example.org", "two@example.org", "three@example.org"), 0),
        ],
    )
    def test_look_at_those_who_come_too(self, emails, expected):
        assert points(email_signal, subject(attendee_emails=emails), Facts()) == expected

    def test_do_not_count_the_customers_own_address_again(self):
        asked = subject(email="a@mailinator.com", attendee_emails=("a@mailinator.com",))

        assert email_signal.values(asked, Facts())["attendees_disposable"] == 0


class TestEvidence:
    @pytest.mark.parametrize(
        ("email", "name", "words"),
        [
            ("a@x.mailinator.com", "disposable_email", "mailinator.com gives out throw-away addresses"),
            ("a@gmail.com", "disposable_email", "Not a throw-away address"),
            ("a@gmai1.com", "email_lookalike", "gmai1.com is drawn to look like gmail.com"),
            ("a@btinternt.com", "email_lookalike", "btinternt.com is one letter from btinternet.com, perhaps a slip"),
            ("a@gmail.com", "email_lookalike", "Not made to look like another provider"),
            ("info@example.org", "email_role", "A mailbox of a function, not of a person"),
            ("a1b2c3d4@example.org", "email_oddities", "2 of 4 marks of an address typed at random"),
            ("", "disposable_email", "There is no email address to look at"),
            ("a@gmail.com", "email_days", "A new address"),
            ("a@gmail.com", "attendees_disposable", "There is no email address to look at"),
        ],
    )  # fmt: skip
    def test_says_it_in_plain_words(self, email, name, words):
        asked = subject(email=email)
        value = email_signal.values(asked, Facts())[name]

        assert email_signal.evidence(name, value, asked, Facts()) == words

    @pytest.mark.parametrize(
        ("days", "words"), [(1, "First seen 1 day ago"), (40, "First seen 40 days ago")]
    )
    def test_counts_days(self, days, words):
        assert email_signal.evidence("email_days", days, subject(), known_for(days)) == words

    def test_has_a_sentence_for_every_value(self):
        asked = subject(attendee_emails=("a@mailinator.com",) * 3)

        for name, value in email_signal.values(asked, known_for(9)).items():
            assert email_signal.evidence(name, value, asked, known_for(9))
