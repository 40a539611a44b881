"""The customer's calls to move a booking: the dates with what each costs more or less, then the move."""

from __future__ import annotations

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
from courses.services import moving as rules
from payments.api.serializers import DecidedRefundOut, shown
from payments.models import Refund
from payments.services import moving
from payments.services.moving import Move

DATES_MAX = 100


class DateOut(serializers.Serializer):
    session = serializers.UUIDField(source="pk")
    starts_at = serializers.DateTimeField()
    town = serializers.CharField(source="venue.town")
    places_left = serializers.IntegerField()


class MoveOptionsOut(serializers.Serializer):
    difference = MoneyField(help_text="What any of the dates costs more; below 0 it goes back.")
    dates = DateOut(many=True)


class MoveIn(StrictSerializer):
    session = serializers.UUIDField()
    difference = serializers.IntegerField(
        min_value=-10_000_000, max_value=10_000_000,
        help_text="The difference as it was shown, in pence.",
    )  # fmt: skip


class ToPayOut(serializers.Serializer):
    """A dearer date is kept until then; the booking moves once this is paid at `moves/<id>/payments/`."""

    id = serializers.UUIDField()
    difference = MoneyField()
    until = serializers.DateTimeField()


class MoveOut(serializers.Serializer):
    booking = BookingOut()
    refund = DecidedRefundOut(allow_null=True)
    to_pay = ToPayOut(allow_null=True)


class MoveList(APIView):
    permission_classes = [AllowAny]

    @extend_schema(responses=MoveOptionsOut, operation_id="move_options")
    def get(self, request: Request, token: str) -> Response:
        now = clock.now()
        booking = courses.booking_by_token(token)
        rules.refuse_unmovable(booking, now)
        dates = courses.dates_to_move_to(booking=booking, now=now, limit=DATES_MAX)
        difference = rules.difference(booking, dates[0] if dates else booking.session).total
        return Response(
            {"difference": difference.as_json(), "dates": DateOut(dates, many=True).data}
        )

    @extend_schema(request=MoveIn, responses={201: MoveOut}, operation_id="move")
    @idempotent
    def post(self, request: Request, token: str) -> Response:
        booking = courses.booking_by_token(token)
        browser.refuse_another(request, booking)
        given = MoveIn(data=request.data)
        given.is_valid(raise_exception=True)
        wanted = {
            "booking_id": booking.pk,
            "session_id": given.validated_data["session"],
            "shown_minor": given.validated_data["difference"],
            "now": clock.now(),
        }
        kept: Move | None = None
        refunds: list[Refund] = []
        if wanted["shown_minor"] > 0:
            kept = moving.hold(**wanted)
        else:
            _, refunds = moving.move(**wanted)
        return Response(
            {
                "booking": BookingOut(courses.booking_by_token(token)).data,
                "refund": shown(refunds),
                "to_pay": kept
                and {
                    "id": str(kept.pk),
                    "difference": kept.difference.as_json(),
                    "until": kept.expires_at.isoformat(),
                },
            },
            status=status.HTTP_201_CREATED,
        )
