"""Staff calls about reviews: the queue, a case, its decision; the rules are those of the desk."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api.pagination import CursorPagination
from core.api.staff import StaffView, actor
from core.errors import Invalid
from core.idempotency.keys import idempotent
from fraud import selectors as fraud
from fraud.services import review_queue
from payments.api.review_serializers import DecisionIn, ReviewDetailOut, ReviewOut
from payments.services import reviewing

STATES = ("waiting", "late", "decided")
CASE: dict[str, Any] = {
    "id": "019ab1e4-3c1f-7b52-9d0a-5f2c7e8a4b10",
    "payment": "019ab1e4-2b7d-7c11-8e4f-0c9d1a2b3c4d",
    "booking": "RFT-7KQ4MX",
    "amount": {"amount": 115200, "currency": "GBP"},
    "state": "open",
    "score": 72,
    "opened_at": "2026-11-23T11:31:00Z",
    "promise_at": "2026-11-23T16:31:00Z",
    "hard_limit_at": "2026-11-29T11:31:00Z",
}
DETAIL = CASE | {
    "readings": [
        {"signal": "base", "points": 5, "title": "", "evidence": "Every payment starts at 5"},
        {
            "signal": "cards_device",
            "points": 67,
            "title": "Three different cards in 29 minutes",
            "evidence": "3 cards from this device in an hour, 2 refused",
        },
    ],
    "thresholds": {"three_d_secure_from": 25, "review_from": 40, "block_above": 80},
    "rule_version": "2026-11.2",
    "asked_to_call_at": None,
    "held_at": None,
    "decided_at": None,
    "decided_by": "",
    "reason": "",
}
DECIDED = DETAIL | {
    "state": "declined",
    "decided_at": "2026-11-23T12:41:00Z",
    "decided_by": "staff:7",
    "reason": "stolen_or_tested_card",
}
ASKED = {
    "decision": "decline",
    "reason": "stolen_or_tested_card",
    "note": "The school has never heard of it.",
    "block": ["card", "device"],
}


class ReviewPages(CursorPagination):
    ordering = ("promise_at", "id")


class DecidedPages(CursorPagination):
    ordering = ("-decided_at", "-id")


class ReviewList(StaffView):
    needs = {"GET": "fraud.view_reviewcase"}

    @extend_schema(
        responses=ReviewOut(many=True),
        operation_id="reviews",
        parameters=[
            OpenApiParameter("state", str, enum=STATES, default="waiting"),
            OpenApiParameter("cursor", str),
            OpenApiParameter("limit", int),
        ],
        examples=[OpenApiExample("One that waits", value=CASE, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        """The queue, the most urgent first; decided ones, the last first."""
        state = request.query_params.get("state", "waiting")
        if state not in STATES:
            raise Invalid(fields={"state": [f"Choose one of {', '.join(STATES)}."]})
        pages = DecidedPages() if state == "decided" else ReviewPages()
        filters = review_queue.Filters(state=state)
        found = review_queue.cases(filters=filters, now=clock.now())
        page = pages.paginate_queryset(found, request, view=self)
        return pages.get_paginated_response(ReviewOut(page, many=True).data)


class ReviewDetail(StaffView):
    needs = {"GET": "fraud.view_reviewcase"}

    @extend_schema(
        responses=ReviewDetailOut,
        operation_id="review",
        examples=[OpenApiExample("Waiting", value=DETAIL, response_only=True)],
    )
    def get(self, request: Request, case_id: UUID) -> Response:
        return Response(ReviewDetailOut(fraud.case(case_id)).data)


class ReviewDecision(StaffView):
    needs = {"GET": "fraud.change_reviewcase"}

    @extend_schema(
        request=DecisionIn,
        responses={201: ReviewDetailOut},
        operation_id="decide_review",
        examples=[
            OpenApiExample("Decline and block", value=ASKED, request_only=True),
            OpenApiExample("Declined", value=DECIDED, response_only=True, status_codes=["201"]),
        ],
    )
    @idempotent
    def post(self, request: Request, case_id: UUID) -> Response:
        """Decides once. The money moves after the answer: the payment's own state says when. With `block`,
        403 `needs_approver` for who may not change the list."""
        given = DecisionIn(data=request.data)
        given.is_valid(raise_exception=True)
        reviewing.decide(
            case_id=case_id,
            may_block=request.user.has_perm("fraud.change_blacklistentry"),
            actor=actor(request),
            now=clock.now(),
            **given.validated_data,
        )
        return Response(ReviewDetailOut(fraud.case(case_id)).data, status=status.HTTP_201_CREATED)
