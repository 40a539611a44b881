"""Small views for the tests of the doors, and their addresses."""

import pytest
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import include, path
from psycopg_pool import PoolTimeout
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import errors
from core.api.serializers import MoneyField, StrictSerializer
from core.idempotency.forms import idempotent_form
from core.idempotency.keys import idempotent
from core.ids import secret_token

runs: list[dict] = []
answers: list = []


class Attendee(StrictSerializer):
    name = serializers.CharField(max_length=100)


class Order(StrictSerializer):
    places = serializers.IntegerField(min_value=1, max_value=24)
    name = serializers.CharField(max_length=50, required=False)
    email = serializers.EmailField(required=False)
    consent = serializers.BooleanField(required=False)
    price = MoneyField(required=False)
    ids = serializers.ListField(child=serializers.IntegerField(), required=False)
    attendees = Attendee(many=True, required=False)
    status = serializers.CharField(read_only=True)


class SoldOut(errors.Conflict):
    code = "sold_out"
    detail = "These places have gone."


class OrderView(APIView):
    permission_classes = []

    @idempotent
    def post(self, request: Request) -> Response:
        order = Order(data=request.data)
        order.is_valid(raise_exception=True)
        runs.append(order.validated_data)
        answer = answers.pop(0) if answers else 201
        if isinstance(answer, Exception):
            raise answer
        body = {"number": len(runs), "token": secret_token()}
        response = Response(body, status=answer)
        if "rft_browser" not in request.COOKIES:
            response.set_cookie("rft_browser", "b" * 32, httponly=True, samesite="Lax")
        return response


class RaisingView(APIView):
    permission_classes = []

    def get(self, request: Request) -> Response:
        raise answers.pop(0)


class PrivateView(APIView):
    def get(self, request: Request) -> Response:
        return Response({})


def plain(request: HttpRequest) -> HttpResponse:
    if answers:
        raise answers.pop(0)
    return HttpResponse("ok")


@idempotent_form
def form(request: HttpRequest) -> HttpResponse:
    if request.POST.get("name") == "":
        return HttpResponse("Give a name.", status=422)
    runs.append(request.POST.dict())
    if answers:
        raise answers.pop(0)
    return HttpResponseRedirect(f"/landed/{len(runs)}/")


def no_booking(request: HttpRequest, token: str) -> HttpResponse:
    if token != "known":
        raise Http404
    return HttpResponse("booking")


def exhausted() -> OperationalError:
    error = OperationalError("couldn't get a connection")
    error.__cause__ = PoolTimeout("couldn't get a connection")
    return error


@pytest.fixture
def doors(settings, client):
    """A client of these views, to which failures come back as answers."""
    settings.ROOT_URLCONF = "tests.core.doors"
    client.raise_request_exception = False
    runs.clear()
    answers.clear()
    yield client
    runs.clear()
    answers.clear()


urlpatterns = [
    path("api/v1/orders/", OrderView.as_view()),
    path("api/v1/raising/", RaisingView.as_view()),
    path("api/v1/private/", PrivateView.as_view()),
    path("api/v1/plain/", plain),
    path("plain/", plain),
    path("form/", form),
    path("webhooks/stripe/", plain),
    path("bookings/<token>/", no_booking),
    path("bookings/<token>/status/", no_booking),
    path("", include("config.urls")),
]
