"""The customer's calls to cancel places: an exact quote, then what it says."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.api.serializers import MoneyField, StrictSerializer
from core.idempotency.keys import idempotent
from courses import browser
from courses import selectors as courses
from courses.api.serializers import BookingOut
from payments.api.serializers import DecidedRefundOut, shown
from payments.models import CancellationQuote
from payments.services import cancelling


class QuoteIn(StrictSerializer):
    attendees = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=100,
        help_text="Who is not coming; without it everybody who has a place.",
    )  # fmt: skip


class QuoteOut(serializers.Serializer):
    quote = serializers.CharField(help_text="Post it to carry this out.")
    attendees = serializers.ListField(child=serializers.UUIDField())
    price = MoneyField()
    refund = MoneyField()
    fee = MoneyField()
    vat = MoneyField(help_text="The VAT of the credit note.")
    explanation = serializers.CharField()
    valid_until = serializers.DateTimeField()


class CancellationIn(StrictSerializer):
    quote = serializers.CharField(max_length=20_000)


class CancellationOut(serializers.Serializer):
    booking = BookingOut()
    refund = DecidedRefundOut(allow_null=True)


class QuoteList(APIView):
    permission_classes = [AllowAny]

    @extend_schema(request=QuoteIn, responses={201: QuoteOut}, operation_id="cancellation_quote")
    def post(self, request: Request, token: str) -> Response:
        given = QuoteIn(data=request.data)
        given.is_valid(raise_exception=True)
        quote = cancelling.quote(
            booking=courses.booking_by_token(token),
            attendee_ids=given.validated_data.get("attendees"),
            now=clock.now(),
        )
        return Response(_shown(quote), status=status.HTTP_201_CREATED)


class Cancellation(APIView):
    permission_classes = [AllowAny]

    @extend_schema(
        request=CancellationIn, responses={202: CancellationOut}, operation_id="cancellation"
    )
    @idempotent
    def post(self, request: Request, token: str) -> Response:
        booking = courses.booking_by_token(token)
        browser.refuse_another(request, booking)
        given = CancellationIn(data=request.data)
        given.is_valid(raise_exception=True)
        _, refunds = cancelling.cancel(
            booking=booking, number=given.validated_data["quote"], now=clock.now()
        )
        return Response(
            {
                "booking": BookingOut(courses.booking_by_token(token)).data,
                "refund": shown(refunds),
            },
            status=status.HTTP_202_ACCEPTED,
        )


def _shown(quote: CancellationQuote) -> dict[str, Any]:
    return {
        "quote": cancelling.number_of(quote),
        "attendees": quote.attendees,
        "price": quote.price.as_json(),
        "refund": quote.refund.as_json(),
        "fee": quote.fee.as_json(),
        "vat": quote.vat.as_json(),
        "explanation": quote.explanation,
        "valid_until": quote.valid_until.isoformat(),
    }
