"""What staff see and do: cards, Test now, Pause and Let through with reason and end, the band, the command."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from core import clock
from core.audit.models import AuditEntry
from core.breakers import orders
from core.breakers.admin import interventions
from core.breakers.guard import NotPermitted
from core.breakers.models import Order, OrderState
from core.breakers.policy import State
from core.errors import Invalid
from tests.core.backoffice.staff import of_role
from tests.core.breakers.test_guard import fail, open_up

pytestmark = pytest.mark.django_db
CONSOLE = "admin:breakers_order_changelist"


@pytest.fixture
def ops(client):
    client.force_login(of_role("ops"))
    return client


def force(guard, *, state=OrderState.FORCED_OPEN, reason="moving banks", minutes=60):
    now = clock.now()
    return interventions.force(
        name=guard.name, state=state, reason=reason, until=now + timedelta(minutes=minutes),
        actor="staff:1", now=now,
    )  # fmt: skip


class TestConsole:
    def test_a_card_for_each(self, ops, registered):
        open_up(registered)

        page = ops.get(reverse(CONSOLE)).content.decode()

        assert "Stripe: refunds, cancellations and answers to disputes" in page
        assert "E-mail server" in page
        assert "4 of 4 calls failed" in page

    def test_who_may_not_see_it(self, client, registered):
        client.force_login(of_role("office"))

        assert client.get(reverse(CONSOLE)).status_code == 403

    def test_who_may_not_act(self, client, registered):
        client.force_login(of_role("office"))
        address = reverse("admin:breakers_order_force", args=[registered.name, "pause"])

        assert client.post(address, {"reason": "x", "minutes": "60"}).status_code == 403
        assert not Order.objects.exists()
        assert registered.call(lambda: 1) == 1

    def test_test_now_by_get_changes_nothing(self, ops, registered):
        open_up(registered)

        address = reverse("admin:breakers_order_test", args=[registered.name])

        assert ops.get(address).status_code == 405
        assert registered.snapshot().state is State.OPEN


class TestForce:
    @pytest.mark.django_db(transaction=True)
    def test_pause_with_reason_and_end(self, ops, registered):
        address = reverse("admin:breakers_order_force", args=[registered.name, "pause"])

        answer = ops.post(address, {"reason": "moving banks", "minutes": "60"}, follow=True)

        with pytest.raises(NotPermitted):
            registered.call(fail)
        page = answer.content.decode()
        assert "paused by us until" in page
        assert 'class="staff band"' in page
        assert 'class="staff band"' in ops.get(reverse("admin:index")).content.decode()
        entry = AuditEntry.objects.get()
        assert (entry.subject, entry.action, entry.reason) == (
            f"breakers.breaker:{registered.name}", "paused", "moving banks",
        )  # fmt: skip

    @pytest.mark.django_db(transaction=True)
    def test_back_to_normal(self, ops, registered):
        force(registered)
        ops.post(reverse("admin:breakers_order_lift", args=[registered.name]))

        assert registered.call(lambda: 1) == 1
        assert 'class="staff band"' not in ops.get(reverse("admin:index")).content.decode()

    @pytest.mark.parametrize("wrong", [{"reason": " "}, {"minutes": 0}, {"minutes": 8 * 1440}])
    def test_needs_a_reason_and_an_end(self, registered, wrong):
        with pytest.raises(Invalid):
            force(registered, **wrong)

        assert not Order.objects.exists()
        assert not AuditEntry.objects.exists()
        assert registered.call(lambda: 1) == 1

    def test_an_order_whose_end_has_come_is_obeyed_no_more(self, registered):
        now = clock.now()
        Order.objects.create(
            breaker=registered.name, state="forced_open", reason="old", actor="staff:1",
            at=now - timedelta(hours=2), until=now - timedelta(hours=1),
        )  # fmt: skip
        orders.apply()

        assert registered.call(lambda: 1) == 1

    def test_a_new_process_obeys_what_was_decided(self, registered):
        force(registered)
        registered.forget()
        orders.apply()

        assert registered.snapshot().state is State.FORCED_OPEN


class TestTestNow:
    def test_lets_the_next_through(self, ops, registered):
        open_up(registered)

        answer = ops.post(reverse("admin:breakers_order_test", args=[registered.name]), follow=True)

        assert "the next 3 calls are let through as a test" in answer.content.decode()
        for _ in range(3):
            registered.call(lambda: None)
        assert registered.snapshot().state is State.CLOSED

    @pytest.mark.parametrize(
        ("work", "state", "words"),
        [(lambda: 1, State.CLOSED, "worked"), (fail, State.OPEN, "failed (Broken)")],
    )
    def test_tries_it_where_that_is_harmless(self, registered, work, state, words):
        open_up(registered)
        registered.probe = lambda: registered.call(work)

        told = interventions.test_now(name=registered.name, actor="staff:1", now=clock.now())

        assert words in told
        assert registered.snapshot().state is state


class TestCommand:
    def run(self, *arguments):
        out = StringIO()
        status = 0
        try:
            call_command("breakers", *arguments, stdout=out)
        except SystemExit as end:
            status = end.code
        return status, out.getvalue()

    def test_shows_all(self, registered):
        status, words = self.run()

        assert status == 0
        assert "stripe-charges  Working" in words

    def test_status_1_when_one_turns_calls_away(self, registered):
        open_up(registered)
        status, words = self.run("--json")

        states = {each["name"]: each["state"] for each in json.loads(words)["breakers"]}
        assert status == 1
        assert states[registered.name] == "open"

    @pytest.mark.django_db(transaction=True)
    def test_forces_and_lifts(self, registered):
        self.run("--pause", registered.name, "--reason", "drill", "--minutes", "5")
        assert registered.snapshot().state is State.FORCED_OPEN
        self.run("--lift", registered.name)

        assert registered.snapshot().state is State.CLOSED
        assert AuditEntry.objects.count() == 2

    def test_resets_all(self, registered):
        open_up(registered)
        status, _ = self.run("--reset", "all")

        assert (status, registered.snapshot().state) == (0, State.CLOSED)

    def test_refuses_without_a_reason(self, registered):
        with pytest.raises(CommandError, match="Say why"):
            self.run("--pause", registered.name)
