"""The customer's calls about money: pay for a booking, and see it with what was paid."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.idempotency.keys import idempotent
from core.performance import measures
from core.ratelimit.address import client_address
from courses import browser
from courses import selectors as courses
from courses.api.serializers import BookingOut
from courses.api.views import BookingView as CoursesBookingView
from payments import selectors
from payments.api.serializers import PaidBookingOut, PaymentIn, PaymentOut
from payments.models import Payment, PaymentStatus
from payments.services import checkout, owed


class PaymentList(APIView):
    permission_classes = [AllowAny]

    @extend_schema(request=PaymentIn, responses={201: PaymentOut}, operation_id="pay")
    @idempotent
    def post(self, request: Request, token: str) -> Response:
        browser.refuse_another(request, courses.whose(token))
        given = PaymentIn(data=request.data)
        given.is_valid(raise_exception=True)
        payment = checkout.pay(
            token=token,
            confirmation_token=given.validated_data["confirmation_token"],
            device=given.validated_data.get("device"),
            address=client_address(request),
            user_agent=request.headers.get("User-Agent", ""),
            now=clock.now(),
        )
        _count_challenge(payment)
        return Response(
            PaymentOut.of(payment, _booking_status(payment), is_booker=True),
            status=status.HTTP_201_CREATED,
        )


class MovePaymentList(APIView):
    permission_classes = [AllowAny]

    @extend_schema(request=PaymentIn, responses={201: PaymentOut}, operation_id="pay_for_move")
    @idempotent
    def post(self, request: Request, token: str, move_id: UUID) -> Response:
        """What a dearer date costs more, while its places are kept."""
        browser.refuse_another(request, courses.whose(token))
        given = PaymentIn(data=request.data)
        given.is_valid(raise_exception=True)
        payment = checkout.pay_for_move(
            token=token,
            move_id=move_id,
            confirmation_token=given.validated_data["confirmation_token"],
            device=given.validated_data.get("device"),
            address=client_address(request),
            user_agent=request.headers.get("User-Agent", ""),
            now=clock.now(),
        )
        _count_challenge(payment)
        checked = payment.status == PaymentStatus.AUTHORISED and owed.is_being_checked(payment)
        return Response(
            PaymentOut.of(payment, "under_review" if checked else "", is_booker=True),
            status=status.HTTP_201_CREATED,
        )


class BookingView(CoursesBookingView):
    @extend_schema(responses=PaidBookingOut, operation_id="booking")
    def get(self, request: Request, token: str) -> Response:
        booking = courses.booking_by_token(token)
        payment = selectors.latest_payment(booking.id)
        is_booker = browser.is_booked_here(request, booking)
        shown = payment and PaymentOut.of(payment, booking.status, is_booker=is_booker)
        paid, refunded = selectors.paid_and_refunded(booking.id)
        return Response(
            {
                **BookingOut(booking).data,
                "payment": shown,
                "paid": paid.as_json(),
                "refunded": refunded.as_json(),
            }
        )


def _count_challenge(payment: Payment) -> None:
    """The bank asks. How its question ended is told by what was paid and refused."""
    if payment.status == PaymentStatus.REQUIRES_ACTION:
        measures.count("pay_challenged")


def _booking_status(payment: Payment) -> str:
    """Only an authorised payment needs it to be told from one in review."""
    if payment.status != PaymentStatus.AUTHORISED:
        return ""
    return courses.booking(payment.booking_id).status
