"""The queue: who waits, the most urgent first, in the same number of questions however many wait."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin

from core import clock, formats
from core.backoffice import people
from core.money import Money
from fraud.selectors import ReviewCase
from fraud.services import review_queue, watches
from payments.admin.reviews import words
from payments.models import Payment

ROWS = 50
STATES = (("waiting", "Waiting"), ("late", "Past their promise"), ("decided", "Decided"))
SCORES = {"": ("Any score", 0, 100), "low": ("Under 60", 0, 59), "high": ("60 and more", 60, 100)}
REFERENCE_LENGTH_MAX = 16
KEYS = (
    ("J", "Next booking"),
    ("K", "Previous booking"),
    ("Enter", "Open it"),
    ("?", "These shortcuts"),
    ("/", "Find a booking, person or invoice"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the queue in words."""

    case: ReviewCase
    url: str
    decide_by: str
    left: str
    late: bool
    amount: str
    course: str
    date: str
    tone: str
    reason: str
    standing: str
    looking: str


class ReviewQueue(UnfoldModelAdminViewMixin, TemplateView):
    title = "Review queue"
    permission_required = "fraud.view_reviewcase"
    template_name = "admin/reviews/queue.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now = clock.now()
        filters = filters_of(self.request.GET)
        cases = review_queue.cases(filters=filters, now=now)
        page = Paginator(cases, ROWS).get_page(self.request.GET.get("page"))
        kept = kept_query(self.request.GET)
        return super().get_context_data(**kwargs) | {
            "rows": _rows(page, kept, self.request, now),
            "page": page,
            "pages_url": f"?{kept}&" if kept else "?",
            "states": [(value, title, value == filters.state) for value, title in STATES],
            "scores": [
                (value, each[0], value == self.request.GET.get("score", ""))
                for value, each in SCORES.items()
            ],
            "reference": filters.reference,
            "filtered": filters != review_queue.Filters(),
            "last_decided_at": None if page.object_list else review_queue.last_decided_at(),
            "keys": KEYS,
            "now": now,
        }


def filters_of(given: QueryDict) -> review_queue.Filters:
    """What the address asks for; what it can't mean counts as not asked."""
    state = given.get("state", "waiting")
    _, score_from, score_to = SCORES.get(given.get("score", ""), SCORES[""])
    reference = given.get("q", "").replace("\0", "").strip().upper()[:REFERENCE_LENGTH_MAX]
    return review_queue.Filters(
        state=state if state in dict(STATES) else "waiting",
        score_from=score_from,
        score_to=score_to,
        reference=reference,
    )


def kept_query(given: QueryDict) -> str:
    """The filters as they go from page to page, without the page's own number."""
    kept = QueryDict(mutable=True)
    for name in ("state", "score", "q"):
        if given.get(name):
            kept[name] = str(given[name])
    return kept.urlencode()


def _rows(page: Page, kept: str, request: HttpRequest, now: datetime) -> list[Row]:
    cases = list(page.object_list)
    bookings = _bookings([each.payment_id for each in cases])
    looking = watches.watchers(case_ids=[each.id for each in cases], now=now)
    names = people.names(
        [each.actor for each in looking.values()] + [each.decided_by for each in cases], request
    )
    return [
        _row(
            case=case,
            booking=bookings.get(case.payment_id),
            watch=looking.get(case.id),
            names=names,
            kept=kept,
            now=now,
        )
        for case in cases
    ]


def _bookings(payment_ids: list[UUID]) -> dict[UUID, Any]:
    """The sessions that the payments are for, in one query and without what is sealed."""
    found = Payment.objects.filter(pk__in=payment_ids).select_related("booking__session__course")
    only = found.only(
        "booking__places", "booking__session__starts_at", "booking__session__course__title"
    )
    return {each.pk: each.booking for each in only}


def _row(
    *, case: ReviewCase, booking: Any, watch: Any, names: dict[str, str],
    kept: str, now: datetime,
) -> Row:  # fmt: skip
    late = case.state == "open" and case.promise_at <= now
    return Row(
        case=case,
        url=reverse("admin:fraud_reviewcase_desk", args=[case.pk]) + (f"?{kept}" if kept else ""),
        decide_by=words.moment(case.promise_at, now),
        left=words.time_left(case.promise_at, now) if case.state == "open" else "",
        late=late,
        amount=formats.money(Money(case.amount_minor, case.currency)),
        course=booking.session.course.title if booking else "",
        date=formats.short_date(booking.session.starts_at) if booking else "",
        tone=words.band_tone(case.assessment),
        reason=words.heaviest(case.assessment.readings),
        standing=words.standing(case, names, now),
        looking=f"{names[watch.actor]} since {formats.clock_time(watch.since)}" if watch else "",
    )
