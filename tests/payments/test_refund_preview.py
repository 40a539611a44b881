"""What the refund console foretells is what the credit note says, to the penny, whatever else is under way."""

import random
from uuid import UUID

import pytest

from core.money import Money
from invoicing.models import Document
from payments.models import Payment, Refund, RefundStatus
from payments.services import refund_quotes, refund_sending, refunds
from payments.services.refusals import RefundChanged, RefundExceedsPayment, TriedAgain
from tests.outbox_tools import drain_outbox
from tests.payments import make

pytestmark = pytest.mark.django_db
BY = {"reason": "goodwill", "actor": "olive"}


def decide(payment, amount_minor, now, **fields):
    return refunds.request(
        payment_id=payment.id, amount_minor=amount_minor, now=now, **BY, **fields
    )


def preview(payment, amount_minor):
    payment.refresh_from_db()
    return refund_quotes.preview(payments=[payment], amount=Money(amount_minor))


def succeed(refund, now):
    """The gateway's word, without asking it."""
    refund.send(now=now)
    refund_sending.apply(refund, make.gateway_refund(refund, status="succeeded"), now=now)


def fail(refund, now):
    if refund.status == RefundStatus.APPROVED:
        refund.send(now=now)
    answer = make.gateway_refund(refund, status="failed", failure_reason="lost_or_stolen_card")
    refund_sending.apply(refund, answer, now=now)


class TestPreview:
    @pytest.mark.parametrize("seed", range(12))
    def test_is_what_the_credit_note_says_in_any_order(self, sandbox, now, seed):
        """Refunds are decided, carried out, and fail in any order; papers come when they come."""
        chance = random.Random(seed)
        payment = make.paid(sandbox, now=now, places=chance.randint(1, 3))
        if chance.random() < 0.5:
            drain_outbox()  # else the first are decided before there is an invoice
        foretold: dict[UUID, refund_quotes.Preview] = {}
        under_way: list[Refund] = []
        while self.left(payment):
            amount_minor = chance.choice([1, 2, 3, 5, 7, 333, 1_001, 3_333])
            amount_minor = min(amount_minor, self.left(payment))
            if len(foretold) > 12:
                amount_minor = self.left(payment)
            shown = preview(payment, amount_minor)
            refund = decide(payment, amount_minor, now, shown_vat_minor=shown.vat.minor)
            foretold[refund.id] = shown
            under_way.append(refund)
            if chance.random() < 0.4:
                chance.shuffle(under_way)
                refund = under_way.pop()
                succeed(refund, now)
            if under_way and chance.random() < 0.25 and len(foretold) <= 12:
                failing = under_way.pop(chance.randrange(len(under_way)))
                fail(failing, now)
                del foretold[failing.id]
            if chance.random() < 0.5:
                drain_outbox()
        chance.shuffle(under_way)
        for refund in under_way:
            succeed(refund, now)
        drain_outbox()

        [invoice] = Document.objects.invoices().filter(payment=payment)
        notes = {note.refund_id: note for note in invoice.credit_notes.all()}
        assert set(notes) == set(foretold)
        for refund_id, shown in foretold.items():
            assert (notes[refund_id].net, notes[refund_id].vat) == (shown.net, shown.vat)
            assert shown.net + shown.vat == shown.amount
        for name in ("gross_minor", "vat_minor", "net_minor"):
            whole = sum(getattr(note, name) for note in notes.values())
            assert whole == getattr(invoice, name)
            for place, line in enumerate(invoice.lines):
                parts = [
                    part[name]
                    for note in notes.values()
                    for part in note.lines
                    if part["line"] == place
                ]
                assert sum(parts) == line[name]
                assert min(parts) >= 0

    def test_holds_while_another_has_no_paper_yet(self, sandbox, now):
        payment = make.paid(sandbox, now=now)
        drain_outbox()
        first = decide(payment, 4, now)

        shown = preview(payment, 4)
        second = decide(payment, 4, now)
        succeed(second, now)
        succeed(first, now)
        drain_outbox()

        note = Document.objects.get(refund=second)
        assert (shown.net, shown.vat) == (note.net, note.vat)

    def test_that_has_changed_meanwhile_is_not_carried_out(self, sandbox, now):
        payment = make.paid(sandbox, now=now)
        shown = preview(payment, 2)
        decide(payment, 1, now)
        assert preview(payment, 2).vat != shown.vat

        with pytest.raises(RefundChanged):
            decide(payment, 2, now, shown_vat_minor=shown.vat.minor)

        payment.refresh_from_db()
        assert payment.refunded_minor == payment.refunds.get().amount_minor == 1

    def test_of_money_that_came_back_gives_its_share_to_the_next(self, sandbox, now):
        payment = make.paid(sandbox, now=now)
        drain_outbox()
        fail(decide(payment, 4, now), now)

        whole = decide(payment, payment.captured_minor, now)
        succeed(whole, now)
        drain_outbox()

        note, invoice = Document.objects.get(refund=whole), Document.objects.invoices().get()
        assert (note.gross_minor, note.vat_minor) == (invoice.gross_minor, invoice.vat_minor)

    def test_paid_by_hand_has_its_share_too(self, sandbox, now):
        payment = make.paid(sandbox, now=now)
        drain_outbox()
        failed = decide(payment, 4, now)
        fail(failed, now)
        refunds.settle_by_hand(refund_id=failed.id, note="bank transfer", actor="olive", now=now)

        rest = decide(payment, payment.captured_minor - 4, now)
        succeed(rest, now)
        drain_outbox()

        notes = Document.objects.credit_notes()
        assert sum(note.vat_minor for note in notes) == Document.objects.invoices().get().vat_minor

    def test_sent_again_after_its_paper_takes_nothing_twice(self, sandbox, now):
        payment = make.paid(sandbox, now=now)
        drain_outbox()
        returned = decide(payment, 5_000, now)
        succeed(returned, now)
        drain_outbox()
        fail(returned, now)
        again = refunds.retry(refund_id=returned.id, actor="olive", now=now)

        shown = preview(payment, 4_600)
        rest = decide(payment, 4_600, now)
        succeed(rest, now)
        succeed(again, now)
        drain_outbox()

        assert again.credit_lines == []
        assert Document.objects.get(refund=rest).vat == shown.vat
        assert sum(note.gross_minor for note in Document.objects.credit_notes()) == 9_600

    @staticmethod
    def left(payment):
        return Payment.objects.get(pk=payment.pk).refundable.minor


class TestMoneyThatComesBack:
    """Banks return refunds weeks later; they are sent again, paid by hand, or others are made instead."""

    @pytest.mark.parametrize("seed", range(8))
    def test_papers_say_all_that_went_out_and_no_more_than_once_did(self, sandbox, now, seed):
        chance = random.Random(seed)
        payment = make.paid(sandbox, now=now)
        for _ in range(25):
            self.something_happens(payment, chance, now)
        for refund in self.refunds(payment, "approved"):
            succeed(refund, now)
        drain_outbox()

        [invoice] = Document.objects.invoices().filter(payment=payment)
        notes = list(invoice.credit_notes.all())
        said = sum(note.gross_minor for note in notes)
        out = sum(
            each.amount_minor for each in self.refunds(payment, "succeeded", "settled_by_hand")
        )
        came_back = sum(each.amount_minor for each in self.refunds(payment, "failed"))
        assert out <= said <= min(out + came_back, invoice.gross_minor)
        if said == invoice.gross_minor:
            assert sum(note.vat_minor for note in notes) == invoice.vat_minor

    def something_happens(self, payment, chance, now):
        payment.refresh_from_db()
        act = chance.choice(["new", "succeed", "succeed", "fail", "return", "again", "by_hand", ""])
        left = payment.refundable.minor
        status = {"succeed": "approved", "fail": "approved", "return": "succeeded"}
        found = self.refunds(payment, status.get(act, "failed"))
        if act == "new" and left:
            decide(payment, min(chance.choice([1, 1000, 3000, 4600, 6000, left]), left), now)
        elif act == "":
            drain_outbox()
        elif found:
            self.next_of(chance.choice(found), act, now)

    @staticmethod
    def next_of(refund, act, now):
        try:
            if act == "succeed":
                succeed(refund, now)
            elif act in ("fail", "return"):
                fail(refund, now)
            elif act == "again":
                refunds.retry(refund_id=refund.id, actor="olive", now=now)
            elif act == "by_hand":
                refunds.settle_by_hand(refund_id=refund.id, note="paid", actor="olive", now=now)
        except (TriedAgain, RefundExceedsPayment):
            return

    @staticmethod
    def refunds(payment, *statuses):
        rows = Refund.objects.select_related("payment").order_by("id")
        return list(rows.filter(payment=payment, status__in=statuses))
