"""Joining the waiting list of a full date."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.api.serializers import StrictSerializer
from core.idempotency.keys import idempotent
from courses.services import waiting


class WaitingIn(StrictSerializer):
    name = serializers.CharField(max_length=120)
    email = serializers.EmailField(max_length=254)
    places = serializers.IntegerField(min_value=1, max_value=100)


class WaitingOut(serializers.Serializer):
    """The same for whoever was on the list before: the way back is mailed, never told here."""

    places = serializers.IntegerField()


class WaitingList(APIView):
    permission_classes = [AllowAny]

    @extend_schema(request=WaitingIn, responses={201: WaitingOut}, operation_id="join_waiting_list")
    @idempotent
    def post(self, request: Request, session_id: UUID) -> Response:
        given = WaitingIn(data=request.data)
        given.is_valid(raise_exception=True)
        waiting.join(session_id=session_id, **given.validated_data, now=clock.now())
        places = given.validated_data["places"]
        return Response({"places": places}, status=status.HTTP_201_CREATED)
