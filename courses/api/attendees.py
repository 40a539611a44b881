"""Sending someone else, for programs."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.api.serializers import StrictSerializer
from courses import browser, selectors
from courses.api.serializers import BookingOut
from courses.services import replacing


class AttendeePatchIn(StrictSerializer):
    name = serializers.CharField(max_length=120)
    email = serializers.CharField(max_length=254, required=False, allow_blank=True, default="")


class AttendeeDetail(APIView):
    permission_classes = [AllowAny]

    @extend_schema(request=AttendeePatchIn, responses=BookingOut, operation_id="replace_attendee")
    def patch(self, request: Request, token: str, attendee_id: UUID) -> Response:
        browser.refuse_another(request, selectors.whose(token))
        given = AttendeePatchIn(data=request.data)
        given.is_valid(raise_exception=True)
        replacing.send(
            token=token, attendee_id=attendee_id, actor="customer", now=clock.now(),
            **given.validated_data,
        )  # fmt: skip
        return Response(BookingOut(selectors.booking_by_token(token)).data)
