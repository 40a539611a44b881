"""The API of courses: what can be booked, and holding places on it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.cache import patch_cache_control
from django.utils.decorators import method_decorator
from django.views.decorators.http import conditional_page
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.api.pagination import CursorPagination
from core.idempotency.keys import idempotent
from courses import browser, selectors
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

PLACES_SECONDS_MAX = 15
COURSES_SECONDS_MAX = 300


class PublicRead(APIView):
    """The same for everyone: caches may keep it for ``seconds``, and ask again by ETag."""

    permission_classes = [AllowAny]
    seconds = COURSES_SECONDS_MAX

    @method_decorator(conditional_page)
    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        return super().dispatch(request, *args, **kwargs)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        if response.status_code == status.HTTP_200_OK:
            patch_cache_control(response, public=True, max_age=self.seconds)
        return response


class CoursePages(CursorPagination):
    ordering = ("position", "slug")


class SessionPages(CursorPagination):
    page_size = 20
    ordering = ("starts_at", "id")


class CourseList(PublicRead):
    @extend_schema(responses=CourseOut(many=True), operation_id="courses")
    def get(self, request: Request) -> Response:
        pages = CoursePages()
        page = pages.paginate_queryset(selectors.courses(now=clock.now()), request, view=self)
        return pages.get_paginated_response(CourseOut(page, many=True).data)


class CourseDetail(PublicRead):
    @extend_schema(responses=CourseDetailOut, operation_id="course")
    def get(self, request: Request, slug: str) -> Response:
        return Response(CourseDetailOut(selectors.course(slug=slug)).data)


class SessionList(PublicRead):
    seconds = PLACES_SECONDS_MAX

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
    def get(self, request: Request) -> Response:
        sessions = selectors.catalogue(filters=_filters(request), now=clock.now())
        pages = SessionPages()
        page = pages.paginate_queryset(sessions, request, view=self)
        return pages.get_paginated_response(SessionOut(page, many=True).data)


class SessionDetail(PublicRead):
    seconds = PLACES_SECONDS_MAX

    @extend_schema(responses=SessionOut, operation_id="session")
    def get(self, request: Request, session_id: UUID) -> Response:
        session = selectors.session(session_id=session_id, now=clock.now())
        return Response(SessionOut(session).data)


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
