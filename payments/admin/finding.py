"""Payments and disputes are found by what Stripe calls them, disputes by their booking, too."""

from collections.abc import Iterable

from django.db.models import Q

from core import formats
from core.backoffice import finding, navigation
from core.backoffice.finding import Found
from courses.selectors_finding import is_reference
from payments.admin.payments import standing_of
from payments.models import Dispute, Payment

DISPUTE_NAMES = ("dp_", "du_")
STRIPE_NAMES = ("pi_", "ch_", "py_")


def payments(term: str, limit: int) -> Iterable[Found]:
    if not term.startswith(STRIPE_NAMES):
        return
    found = Payment.objects.filter(Q(gateway_id=term) | Q(charge_id=term))
    for each in found.select_related("booking").prefetch_related("disputes")[:limit]:
        yield Found(
            title=f"{formats.money(each.amount)} for {each.booking.reference}",
            detail=standing_of(each),
            url=navigation.row_url("payments.payment", each.pk),
            icon="credit_card",
        )


def disputes(term: str, limit: int) -> Iterable[Found]:
    """By what Stripe calls them, or by their booking's whole reference."""
    if term.startswith(DISPUTE_NAMES):
        asked = Q(gateway_id=term)
    elif is_reference(term):
        asked = Q(payment__booking__reference=term.upper())
    else:
        return
    found = Dispute.objects.filter(asked).select_related("payment__booking")
    for each in found.order_by("-opened_at", "-pk")[:limit]:
        yield Found(
            title=f"{formats.money(each.amount)} for {each.payment.booking.reference}",
            detail=each.get_status_display(),
            url=navigation.row_url("payments.dispute", each.pk),
            icon="gavel",
        )


finding.add(45, "Disputes", "payments.view_dispute", disputes)
finding.add(40, "Payments", "payments.view_payment", payments)
