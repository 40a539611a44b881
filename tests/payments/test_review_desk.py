"""The review desk over HTTP: its queue, its cases in every state, and the acts that end them."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import clock
from core.ids import uuid7
from core.mail.models import Message
from core.sagas import engine
from courses.models import Booking
from fraud.models import BlacklistEntry, Outcome, ReviewWatch
from fraud.selectors import ReviewCase
from fraud.services import reviews, watches
from payments.models import PaymentStatus
from tests.core.backoffice.staff import of_role
from tests.outbox_tools import drain_outbox
from tests.payments import make

pytestmark = pytest.mark.django_db
QUEUE = "/admin/fraud/reviewcase/"


@pytest.fixture
def office() -> Client:
    client = Client()
    client.force_login(of_role("office"))
    return client


@pytest.fixture
def approver() -> Client:
    client = Client()
    client.force_login(of_role("approver"))
    return client


@pytest.fixture
def review(sandbox, now, settings):
    """Makes a booking that waits for a person."""
    settings.FRAUD_REVIEW_FROM, settings.FRAUD_3DS_FROM = -1, 101

    def one(**fields) -> ReviewCase:
        booking = make.ready(now=now, **fields)
        make.pay(booking, sandbox, now=now)
        return ReviewCase.objects.get(booking_reference=booking.reference)

    return one


def desk(case: ReviewCase) -> str:
    return reverse("admin:fraud_reviewcase_desk", args=[case.pk])


def text(response) -> str:
    return " ".join(response.content.decode().split())


def decide(client: Client, case: ReviewCase, decision: str, reason: str, **rest):
    fields = {"act": "decide", "decision": decision, f"{decision}_reason": reason, **rest}
    return client.post(desk(case), fields)


class TestQueue:
    def test_says_that_nothing_waits(self, office):
        assert "Nothing to review." in text(office.get(QUEUE))

    def test_names_the_last_decision(self, office, review):
        case = review()
        decide(office, case, "decline", "not_confirmed")

        assert "Nothing to review. Last decision " in text(office.get(QUEUE))

    def test_shows_who_waits_the_most_urgent_first(self, office, review):
        later, sooner = review(), review()
        ReviewCase.objects.filter(pk=sooner.pk).update(
            promise_at=sooner.promise_at - timedelta(minutes=9)
        )

        page = text(office.get(QUEUE))

        assert page.index(sooner.booking_reference) < page.index(later.booking_reference)
        assert "Emergency First Aid at Work" in page
        assert "£96.00" in page

    def test_marks_a_promise_that_has_passed(self, office, review, now):
        case = review()
        ReviewCase.objects.filter(pk=case.pk).update(promise_at=now - timedelta(minutes=12))

        assert "12 min late" in text(office.get(QUEUE))

    def test_says_who_is_looking(self, office, approver, review):
        case = review()
        approver.get(desk(case))

        assert "approver-person since " in text(office.get(QUEUE))

    @pytest.mark.parametrize(
        ("query", "shown"),
        [
            ("", True), ("state=late", False), ("state=decided", False), ("score=high", False),
            ("state=nonsense&score=%00&page=-1", True), ("q=RFT-NOPE99", False),
        ],
    )  # fmt: skip
    def test_filters_by_the_address(self, office, review, query, shown):
        case = review()

        page = text(office.get(f"{QUEUE}?{query}"))

        assert (case.booking_reference in page) == shown

    def test_keeps_the_filters_on_the_way_to_a_case_and_back(self, office, review):
        case = review()

        page = text(office.get(f"{QUEUE}?score=low"))

        assert f"{desk(case)}?score=low" in page
        assert f"{QUEUE}?score=low" in text(office.get(f"{desk(case)}?score=low"))

    def test_asks_the_same_number_of_questions_however_many_wait(self, office, review):
        case = review()
        office.get(QUEUE)
        few = _queries(office, QUEUE)
        _copies(case, 60)

        assert _queries(office, QUEUE) == few
        assert "Page 1 of 2" in text(office.get(QUEUE))

    def test_is_closed_to_those_without_the_role(self, review):
        User.objects.create_user("sam", is_staff=True)
        client = Client()
        client.force_login(User.objects.get(username="sam"))

        assert client.get(QUEUE).status_code == 403
        assert client.get(desk(review())).status_code == 403


class TestCase:
    def test_shows_all_that_is_known(self, office, review):
        case = review(places=2)

        page = text(office.get(desk(case)))

        for words in (
            "2 places on Emergency First Aid at Work", "£192.00", "Decide by",
            "Money is authorised, not taken", "2 places are held", "Why it was stopped", "Radar",
            "Customer", "Security code", "Linked to", "Where it came from", "What happened",
            "Stopped for review", "1 of 1 waiting", "Approve and take £192.00",
            "Decline and release £192.00",
        ):  # fmt: skip
            assert words in page, words

    def test_says_whose_countries_these_are_and_when_they_are_old(self, office, review, settings):
        case = review()

        fresh = text(office.get(desk(case)))
        settings.GEOIP_DAYS_MAX = 0
        old = text(office.get(desk(case)))

        assert '<a href="https://db-ip.com" rel="noopener">IP Geolocation by DB-IP</a>' in fresh
        assert "a country may be wrong" not in fresh
        assert "a country may be wrong" in old

    def test_the_points_shown_add_up_to_the_score(self, office, review):
        case = review()

        context = office.get(desk(case)).context

        shown = [float(each.points.replace("−", "-")) for each in context["risk"]["signals"]]
        assert sum(shown) == case.assessment.score

    def test_unknown_is_not_found(self, office):
        address = reverse(
            "admin:fraud_reviewcase_desk", args=["0197d3c0-0000-7000-8000-000000000000"]
        )

        assert office.get(address).status_code == 404

    def test_tells_where_the_neighbours_are(self, office, review):
        first, second = review(), review()
        ReviewCase.objects.filter(pk=second.pk).update(
            promise_at=first.promise_at + timedelta(hours=1)
        )

        page = text(office.get(desk(first)))

        assert "1 of 2 waiting" in page
        assert desk(second) in page

    def test_links_what_shares_a_card(self, office, review):
        earlier, case = review(), review()

        page = text(office.get(desk(case)))

        assert earlier.booking_reference in page
        assert "Same connection" in page or "Same card" in page

    def test_asks_the_same_number_of_questions_however_much_is_linked(self, office, review):
        _, case = review(), review()
        office.get(desk(case))
        few = _queries(office, desk(case))
        for _ in range(3):
            review()

        assert _queries(office, desk(case)) <= few + 1  # one more neighbour in the queue

    def test_a_reader_sees_why_there_are_no_buttons(self, review):
        user = User.objects.create_user("ruth", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename="view_reviewcase"))
        client = Client()
        client.force_login(user)
        case = review()

        page = text(client.get(desk(case)))

        assert "Needs the office role" in page
        assert "Approve and take" not in page
        assert not ReviewWatch.objects.exists()
        assert decide(client, case, "approve", "spoke_to_customer").status_code == 403
        assert ReviewCase.objects.get().state == "open"


class TestDecide:
    def test_approves_and_the_saga_takes_the_money(self, office, review, now):
        case = review()

        answer = decide(office, case, "approve", "spoke_to_customer", note="Rang the school")
        assert answer.status_code == 302
        assert "Taking the money…" in text(office.get(desk(case)))
        drain_outbox()
        payment = make.latest(_booking(case))
        make.drive(payment, now=clock.now() + timedelta(seconds=40))

        payment.refresh_from_db()
        page = text(office.get(desk(case)))
        assert payment.status == PaymentStatus.SUCCEEDED
        assert "£96.00 was taken and the booking is confirmed." in page
        assert "Already approved at" in page
        assert "Rang the school" in page
        assert reverse("admin:payments_payment_refund", args=[payment.pk]) in page

    def test_declines_and_the_saga_releases_it(self, office, review, now):
        case = review()

        decide(office, case, "decline", "stolen_or_tested_card")
        assert "Releasing the money…" in text(office.get(desk(case)))
        drain_outbox()
        payment = make.latest(_booking(case))
        make.drive(payment, now=clock.now() + timedelta(seconds=40))

        payment.refresh_from_db()
        assert payment.status == PaymentStatus.CANCELLED
        assert "was released, nothing was taken" in text(office.get(desk(case)))

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({}, "Choose approve or decline."),
            ({"decision": "maybe"}, "Select a valid choice"),
            ({"decision": "approve"}, "Choose a reason."),
            ({"decision": "approve", "decline_reason": "not_confirmed"}, "Choose a reason."),
            (
                {"decision": "decline", "decline_reason": "spoke_to_customer"},
                "Select a valid choice",
            ),
            ({"decision": "decline", "decline_reason": "other"}, "Say what the reason was."),
            (
                {"decision": "decline", "decline_reason": "other", "note": "  "},
                "Say what the reason",
            ),
        ],
    )
    def test_refuses_what_is_not_a_decision(self, office, review, fields, words):
        case = review()

        answer = office.post(desk(case), {"act": "decide", **fields})

        assert answer.status_code == 400
        assert words in text(answer)
        assert ReviewCase.objects.get().state == "open"

    def test_unknown_acts_do_nothing(self, office, review):
        case = review()

        assert office.post(desk(case), {"act": "burn"}).status_code == 404
        assert ReviewCase.objects.get().state == "open"

    def test_a_second_decision_hears_of_the_first(self, office, approver, review):
        case = review()
        decide(office, case, "approve", "known_organisation")

        answer = decide(approver, case, "decline", "not_confirmed")

        assert answer.status_code == 409
        assert "Somebody has already decided this." in text(answer)
        assert ReviewCase.objects.get().state == "approved"

    def test_sent_twice_it_is_one_decision(self, office, review):
        case = review()

        answers = [
            decide(office, case, "approve", "score_wrong", idempotency_key="k" * 32)
            for _ in range(2)
        ]

        assert [each.status_code for each in answers] == [302, 302]


class TestAlsoBlock:
    def test_says_what_each_would_have_stopped(self, approver, review):
        case = review()

        page = text(approver.get(desk(case)))

        assert "This card" in page
        assert "no good booking" in page

    def test_is_offered_to_those_who_may_change_the_list(self, office, review):
        page = text(office.get(desk(review())))

        assert "Also block: needs an approver." in page
        assert 'name="block"' not in page

    def test_refuses_others_and_decides_nothing(self, office, review):
        case = review()

        answer = decide(office, case, "decline", "stolen_or_tested_card", block=["card"])

        assert answer.status_code == 409
        assert "Blocking needs an approver." in text(answer)
        assert ReviewCase.objects.get().state == "open"
        assert not BlacklistEntry.objects.exists()
        assert not Outcome.objects.filter(kind="fraud").exists()

    def test_counts_the_good_bookings_that_it_would_have_cost(self, approver, review, sandbox, now):
        earlier = review()
        decide(approver, earlier, "approve", "score_wrong")
        drain_outbox()
        make.drive(make.latest(_booking(earlier)), now=clock.now() + timedelta(seconds=40))

        page = text(approver.get(desk(review())))

        assert "1 good booking" in page

    def test_puts_what_was_ticked_on_the_list(self, approver, review):
        case = review()

        decide(approver, case, "decline", "stolen_or_tested_card", block=["card", "email"])

        entries = BlacklistEntry.objects.filter(source="person").order_by("kind")
        assert [(each.kind, each.effect) for each in entries] == [
            ("card", "block"), ("email", "block"),
        ]  # fmt: skip
        assert case.booking_reference in entries[0].reason
        assert entries[0].until is not None

    def test_approving_blocks_nothing(self, office, review):
        decide(office, review(), "approve", "score_wrong", block=["card"])

        assert ReviewCase.objects.get().state == "approved"
        assert not BlacklistEntry.objects.exists()

    def test_refuses_what_is_none_of_them(self, approver, review):
        answer = decide(approver, review(), "decline", "not_confirmed", block=["planet"])

        assert answer.status_code == 400
        assert ReviewCase.objects.get().state == "open"
        assert not BlacklistEntry.objects.exists()

    def test_what_is_listed_already_stays_as_it_is(self, approver, review):
        first, second = review(), review()
        decide(approver, first, "decline", "stolen_or_tested_card", block=["card"])

        assert "on the list already" in text(approver.get(desk(second)))
        decide(approver, second, "decline", "stolen_or_tested_card", block=["card"])

        assert ReviewCase.objects.get(pk=second.pk).state == "declined"
        assert BlacklistEntry.objects.filter(source="person").count() == 1


class TestLabels:
    @pytest.mark.parametrize(
        ("decision", "reason", "label"),
        [
            ("approve", "known_organisation", "genuine"),
            ("decline", "stolen_or_tested_card", "fraud"),
            ("decline", "duplicate_or_mistake", None),
            ("decline", "not_confirmed", None),
        ],
    )
    def test_a_decision_is_kept_as_what_it_says_of_the_payer(
        self, office, review, decision, reason, label
    ):
        case = review()

        decide(office, case, decision, reason)

        found = Outcome.objects.filter(payment_id=case.payment_id, kind__in=("fraud", "genuine"))
        assert [each.kind for each in found] == ([label] if label else [])


class TestStates:
    def test_late_is_red_and_names_the_hard_limit(self, office, review, now):
        case = review()
        ReviewCase.objects.update(promise_at=now - timedelta(hours=1))

        page = text(office.get(desk(case)))

        assert "Promised by" in page
        assert "Counts as declined from" in page

    def test_past_the_hard_limit_nobody_decides(self, office, review, now):
        case = review()
        ReviewCase.objects.update(hard_limit_at=now)

        answer = decide(office, case, "approve", "score_wrong")

        assert answer.status_code == 409
        assert "this counts as declined" in text(answer)

    def test_lapsed_is_told(self, office, review, now):
        case = review()
        ReviewCase.objects.update(hard_limit_at=now)
        reviews.lapse_due(now=now)

        assert "Nobody decided in time" in text(office.get(desk(case)))

    def test_a_capture_that_failed_is_told(self, office, review, sandbox, now):
        case = review()
        payment = make.latest(_booking(case))
        sandbox.api("POST", f"payment_intents/{payment.gateway_id}/cancel", {})
        decide(office, case, "approve", "score_wrong")
        drain_outbox()
        make.drive(payment, now=clock.now() + timedelta(seconds=40))

        assert "The bank didn’t release the money." in text(office.get(desk(case)))

    def test_an_authorisation_that_ended_is_told(self, office, review, sandbox, now):
        case = review()
        payment = make.latest(_booking(case))
        sandbox.api("POST", f"payment_intents/{payment.gateway_id}/cancel", {})
        engine.resume(name="payment", subject_id=payment.id, cause="test", now=now)
        make.drive(payment, now=clock.now() + timedelta(seconds=40))

        page = text(office.get(desk(case)))
        assert "The bank let the money go at" in page
        assert "so this counts as declined. The customer has been told." in page

    def test_progress_is_asked_until_the_money_has_moved(self, office, review):
        case = review()
        decide(office, case, "approve", "score_wrong")
        progress = reverse("admin:fraud_reviewcase_progress", args=[case.pk])

        moving = text(office.get(progress))
        drain_outbox()
        make.drive(make.latest(_booking(case)), now=clock.now() + timedelta(seconds=40))

        assert "Taking the money…" in moving and "every 2s" in moving
        assert "every 2s" not in text(office.get(progress))


class TestTakeOver:
    def test_the_second_waits(self, office, approver, review):
        case = review()
        approver.get(desk(case))

        page = text(office.get(desk(case)))
        answer = decide(office, case, "approve", "score_wrong")

        assert "Open by another colleague since" in page
        assert answer.status_code == 409
        assert ReviewCase.objects.get().state == "open"

    def test_takes_over_and_decides(self, office, approver, review):
        case = review()
        approver.get(desk(case))

        office.post(desk(case), {"act": "take_over"})
        answer = decide(office, case, "approve", "score_wrong")

        assert answer.status_code == 302
        assert ReviewCase.objects.get().state == "approved"

    def test_the_first_is_told(self, office, approver, review):
        case = review()
        approver.get(desk(case))
        office.post(desk(case), {"act": "take_over"})
        watch = reverse("admin:fraud_reviewcase_watch", args=[case.pk])

        assert "Open by another colleague since" in text(approver.post(watch))
        assert "Open by another colleague" not in text(office.post(watch))

    def test_an_abandoned_page_holds_nobody_up(self, office, approver, review):
        case = review()
        approver.get(desk(case))
        ReviewWatch.objects.update(seen_at=clock.now() - watches.ALIVE - timedelta(seconds=1))

        assert "Open by another colleague" not in text(office.get(desk(case)))

    def test_a_decided_case_reloads_the_page(self, office, review):
        case = review()
        watch = reverse("admin:fraud_reviewcase_watch", args=[case.pk])
        decide(office, case, "approve", "score_wrong")

        assert office.post(watch).headers["HX-Refresh"] == "true"


class TestLater:
    def test_asks_the_customer_to_call_once(self, office, review):
        case = review()

        office.post(desk(case), {"act": "ask_to_call"})
        again = office.post(desk(case), {"act": "ask_to_call"})
        drain_outbox()

        moved = ReviewCase.objects.get()
        assert moved.promise_at == min(case.promise_at + timedelta(hours=24), case.hard_limit_at)
        assert again.status_code == 409
        assert Message.objects.filter(kind="payments.please_call").count() == 1

    def test_never_moves_past_the_hard_limit(self, office, review):
        case = review()
        limit = case.promise_at + timedelta(hours=1)
        ReviewCase.objects.update(hard_limit_at=limit)

        office.post(desk(case), {"act": "ask_to_call"})

        assert ReviewCase.objects.get().promise_at == limit

    def test_holds_for_a_day_and_tells_the_customer(self, office, review):
        case = review()

        office.post(desk(case), {"act": "hold"})
        drain_outbox()

        assert ReviewCase.objects.get().promise_at == case.promise_at + timedelta(hours=24)
        assert Message.objects.filter(kind="payments.needs_longer").count() == 1

    def test_offers_no_hold_when_there_is_no_time(self, office, review):
        case = review()
        ReviewCase.objects.update(hard_limit_at=case.promise_at + timedelta(hours=23))

        page = text(office.get(desk(case)))
        answer = office.post(desk(case), {"act": "hold"})

        assert "Hold for 24 hours" not in page
        assert answer.status_code == 409
        assert ReviewCase.objects.get().promise_at == case.promise_at

    def test_tells_each_approver_once_that_a_promise_has_passed(self, review, now):
        for name in ("ann", "bob"):
            person = User.objects.create_user(name, f"{name}@example.com", is_staff=True)
            of_role("approver")
            person.groups.set(User.objects.get(username="approver-person").groups.all())
        case = review()
        ReviewCase.objects.update(promise_at=now - timedelta(minutes=1))

        told = [reviews.tell_late_due(now=now) for _ in range(2)]
        drain_outbox()

        mails = Message.objects.filter(kind="payments.review_is_late")
        assert told == [1, 0]
        assert sorted(each.recipient for each in mails) == ["ann@example.com", "bob@example.com"]
        assert case.booking_reference in mails[0].subject


def _booking(case: ReviewCase):
    return Booking.objects.get(reference=case.booking_reference)


def _queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)


def _copies(case: ReviewCase, count: int) -> None:
    """More cases like this one; the payment of each is the same, which the queue does not mind."""
    ReviewCase.objects.bulk_create(
        ReviewCase(
            payment_id=uuid7(), assessment=case.assessment, score=case.score,
            booking_reference=case.booking_reference, amount_minor=case.amount_minor,
            opened_at=case.opened_at, promise_at=case.promise_at + timedelta(minutes=number),
            hard_limit_at=case.hard_limit_at,
        )
        for number in range(count)
    )  # fmt: skip
