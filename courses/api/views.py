"""The API of courses: what can be booked, and holding places on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.api.pagination import CursorPagination
from core.cache import http
from core.cache.entries import now
from core.cache.http import Kept
from core.idempotency.keys import idempotent
from courses import browser, selectors, shown
from courses.api.serializers import (
    BookingIn,
    BookingOut,
    BookingPatchIn,
    CourseDetailOut,
    CourseOut,
    HoldEndOut,
    HoldOut,
    SessionFiltersIn,
    SessionOut,
)
from courses.selectors import CatalogueFilters
from courses.services import bookings

PAGING = frozenset({"cursor", "limit"})
FILTERS = frozenset({"course", "venue", "from", "to", "available"})


class PublicRead(APIView):
    """The same for everyone: caches may keep it for ``seconds``, and ask again by ETag."""

    permission_classes = [AllowAny]
    family = shown.COURSES
    seconds = settings.CACHE_COURSES_SECONDS
    keys: tuple[str, ...] = ("courses",)
    known: frozenset[str] = frozenset()

    def answer(self, request: Request, read: Callable[[], Any]) -> HttpResponseBase:
        """What `read` gives, as JSON. The address is the key: it is in what an answer links to.

        Addresses with anything else in them are answered, but not kept: they would be without number.
        """

        def render() -> str:
            return JSONRenderer().render(read()).decode()

        at = now()
        address = request.build_absolute_uri()
        if self.known.issuperset(request.query_params):
            kept = shown.answer(self.family, address, render)
        else:
            kept = Kept.of(render(), read_at=at)
        return http.answer(
            request._request, kept, content_type="application/json", seconds=self.seconds, keys=self.keys
        )  # fmt: skip


class PlacesRead(PublicRead):
    family = shown.ANSWERS
    seconds = http.PLACES_SECONDS_MAX
    keys = ("courses", "places")


class CoursePages(CursorPagination):
    ordering = ("position", "slug")


class SessionPages(CursorPagination):
    page_size = 20
    ordering = ("starts_at", "id")


class CourseList(PublicRead):
    known = PAGING

    @extend_schema(responses=CourseOut(many=True), operation_id="courses")
    def get(self, request: Request) -> HttpResponseBase:
        return self.answer(request, lambda: self._read(request))

    def _read(self, request: Request) -> Any:
        pages = CoursePages()
        page = pages.paginate_queryset(selectors.courses(now=clock.now()), request, view=self)
        return pages.get_paginated_response(CourseOut(page, many=True).data).data


class CourseDetail(PublicRead):
    @extend_schema(responses=CourseDetailOut, operation_id="course")
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        return self.answer(request, lambda: CourseDetailOut(selectors.course(slug=slug)).data)


class SessionList(PlacesRead):
    known = PAGING | FILTERS

    @extend_schema(
        operation_id="sessions",
        responses=SessionOut(many=True),
        parameters=[
            OpenApiParameter("course", str, description="A course's slug."),
            OpenApiParameter("venue", str, description="A venue's slug."),
            OpenApiParameter("from", {"type": "string", "format": "date"}),
            OpenApiParameter("to", {"type": "string", "format": "date"}),
            OpenApiParameter("available", bool, description="Only dates with places left."),
        ],
    )
    def get(self, request: Request) -> HttpResponseBase:
        filters = _filters(request)
        return self.answer(request, lambda: self._read(request, filters))

    def _read(self, request: Request, filters: CatalogueFilters) -> Any:
        sessions = selectors.catalogue(filters=filters, now=clock.now())
        pages = SessionPages()
        page = pages.paginate_queryset(sessions, request, view=self)
        return pages.get_paginated_response(SessionOut(page, many=True).data).data


class SessionDetail(PlacesRead):
    @extend_schema(responses=SessionOut, operation_id="session")
    def get(self, request: Request, session_id: UUID) -> HttpResponseBase:
        def read() -> Any:
            return SessionOut(selectors.session(session_id=session_id, now=clock.now())).data

        return self.answer(request, read)


class BookingList(APIView):
    permission_classes = [AllowAny]

    @extend_schema(request=BookingIn, responses={201: HoldOut}, operation_id="hold_places")
    @idempotent
    def post(self, request: Request) -> Response:
        given = BookingIn(data=request.data)
        given.is_valid(raise_exception=True)
        who = browser.browser_of(request)
        booking = bookings.hold(
            session_id=given.validated_data["session"],
            places=given.validated_data["places"],
            browser=who,
            **given.details(),
            now=clock.now(),
        )
        response = Response(HoldOut(booking).data, status=status.HTTP_201_CREATED)
        browser.remember(response, who)
        return response


class BookingView(APIView):
    """One booking. What reads money is added by the app that knows money, which routes this view."""

    permission_classes = [AllowAny]

    @extend_schema(request=BookingPatchIn, responses=BookingOut, operation_id="give_details")
    def patch(self, request: Request, token: str) -> Response:
        browser.refuse_another(request, selectors.whose(token))
        given = BookingPatchIn(data=request.data)
        given.is_valid(raise_exception=True)
        booking = bookings.give_details(
            token=token,
            **given.details(),
            early_start_consent=given.validated_data.get("early_start_consent"),
            now=clock.now(),
        )
        return Response(BookingOut(selectors.booking(booking.pk)).data)


class Extension(APIView):
    permission_classes = [AllowAny]

    @extend_schema(request=None, responses={201: HoldEndOut}, operation_id="extend_hold")
    @idempotent
    def post(self, request: Request, token: str) -> Response:
        browser.refuse_another(request, selectors.whose(token))
        booking = bookings.extend(token=token, now=clock.now())
        return Response(HoldEndOut(booking).data, status=status.HTTP_201_CREATED)


class Renewal(APIView):
    permission_classes = [AllowAny]

    @extend_schema(request=None, responses={201: HoldEndOut}, operation_id="renew_hold")
    @idempotent
    def post(self, request: Request, token: str) -> Response:
        browser.refuse_another(request, selectors.whose(token))
        booking = bookings.renew(token=token, now=clock.now())
        return Response(HoldEndOut(booking).data, status=status.HTTP_201_CREATED)


def _filters(request: Request) -> CatalogueFilters:
    given = SessionFiltersIn(data=request.query_params)
    given.is_valid(raise_exception=True)
    wanted = given.validated_data
    return CatalogueFilters(
        course=wanted["course"],
        venue=wanted["venue"],
        from_date=wanted["from"],
        to_date=wanted["to"],
        available=wanted["available"],
    )
