"""Staff calls about money: give it back, look payments up. Each asks for its permission."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api.pagination import CursorPagination
from core.api.staff import StaffView, actor
from core.idempotency.keys import idempotent
from payments.api.serializers import ApprovalIn, RefundIn, RefundOut, StaffPaymentOut
from payments.models import Payment
from payments.services import refund_approvals, refunds


class RefundList(StaffView):
    needs = {"GET": "payments.add_refund"}

    @extend_schema(request=RefundIn, responses={201: RefundOut}, operation_id="refund")
    @idempotent
    def post(self, request: Request) -> Response:
        given = RefundIn(data=request.data)
        given.is_valid(raise_exception=True)
        wanted = given.validated_data
        refund = refunds.request(
            payment_id=wanted["payment"],
            amount_minor=wanted["amount"].minor,
            reason=wanted["reason"],
            note=wanted.get("note", ""),
            cancel_places=wanted["cancel_places"],
            attendee_ids=wanted.get("attendees"),
            actor=actor(request),
            now=clock.now(),
        )
        return Response(RefundOut(refund).data, status=status.HTTP_201_CREATED)


class RefundApproval(StaffView):
    needs = {"GET": "payments.approve_refund"}

    @extend_schema(request=ApprovalIn, responses={200: RefundOut}, operation_id="refund_approval")
    @idempotent
    def post(self, request: Request, refund_id: UUID) -> Response:
        given = ApprovalIn(data=request.data)
        given.is_valid(raise_exception=True)
        wanted = given.validated_data
        if wanted["decision"] == "approve":
            refund = refund_approvals.approve(
                refund_id=refund_id, actor=actor(request), now=clock.now()
            )
        else:
            refund = refund_approvals.send_back(
                refund_id=refund_id,
                note=wanted.get("note", ""),
                actor=actor(request),
                now=clock.now(),
            )
        return Response(RefundOut(refund).data)


class PaymentPages(CursorPagination):
    ordering = ("-created_at", "-id")


class PaymentList(StaffView):
    needs = {"GET": "payments.view_payment"}

    @extend_schema(responses=StaffPaymentOut(many=True), operation_id="payments")
    def get(self, request: Request) -> Response:
        pages = PaymentPages()
        found = Payment.objects.select_related("booking").only(
            "booking__reference", "status", "amount_minor", "currency", "captured_minor",
            "refunded_minor", "gateway_id", "card_brand", "card_last4", "created_at",
        )  # fmt: skip
        page = pages.paginate_queryset(found, request, view=self)
        return pages.get_paginated_response(StaffPaymentOut(page, many=True).data)
