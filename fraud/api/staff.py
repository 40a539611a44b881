"""Staff calls about the lists: read, add (or only see what it would do), remove with a reason."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from core import clock
from core.api.pagination import CursorPagination
from core.api.staff import StaffView, actor
from core.errors import Invalid
from core.idempotency.keys import idempotent
from core.ratelimit.address import client_address
from fraud import list_values, selectors_lists
from fraud.api.serializers import EntryIn, EntryOut, PreviewOut, RemovalIn, accepted
from fraud.models.blacklist import ListKind
from fraud.services import list_previews, lists

STANDINGS = ("active", "ended", "all")


class EntryPages(CursorPagination):
    ordering = ("-since", "-id")


class EntryList(StaffView):
    needs = {"GET": "fraud.view_blacklistentry", "POST": "fraud.change_blacklistentry"}

    @extend_schema(
        responses=EntryOut(many=True),
        operation_id="blacklist",
        parameters=[
            OpenApiParameter("kind", str, enum=ListKind.values),
            OpenApiParameter("standing", str, enum=STANDINGS, default="active"),
        ],
    )
    def get(self, request: Request) -> Response:
        pages = EntryPages()
        kind = _chosen(request, "kind", ("", *ListKind.values))
        standing = _chosen(request, "standing", STANDINGS)
        found = selectors_lists.entries(kind=kind, standing=standing, now=clock.now())
        page = pages.paginate_queryset(found, request, view=self)
        return pages.get_paginated_response(EntryOut(page, many=True).data)

    @extend_schema(
        request=EntryIn, responses={200: PreviewOut, 201: EntryOut}, operation_id="blacklist_add"
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """With `preview`, 200 and what the entry would have stopped; nothing is written."""
        given, now = accepted(EntryIn, request.data), clock.now()
        only_preview = given.pop("preview")
        given["until"] = _until(given, now)
        address = client_address(request)
        if only_preview:
            lists.check(**given, now=now, own_address=address)
            shown = list_previews.preview(
                kind=given["kind"], value=given["value"], now=now, own_address=address
            )
            return Response(PreviewOut(shown).data)
        entry = lists.add(**given, actor=actor(request), now=now, own_address=address)
        return Response(EntryOut(entry).data, status=status.HTTP_201_CREATED)


class EntryDetail(StaffView):
    needs = {"GET": "fraud.view_blacklistentry", "DELETE": "fraud.change_blacklistentry"}

    @extend_schema(responses=EntryOut, operation_id="blacklist_entry")
    def get(self, request: Request, entry_id: UUID) -> Response:
        return Response(EntryOut(selectors_lists.entry(entry_id)).data)

    @extend_schema(
        request=RemovalIn,
        responses=EntryOut,
        operation_id="blacklist_remove",
        parameters=[OpenApiParameter("reason", str, description="Where a body can't be sent.")],
    )
    def delete(self, request: Request, entry_id: UUID) -> Response:
        """Stops it counting. The entry stays, with the reason, under `standing=ended`."""
        said = request.data or {"reason": request.query_params.get("reason", "")}
        entry = lists.remove(
            entry_id=entry_id,
            reason=accepted(RemovalIn, said)["reason"],
            actor=actor(request),
            now=clock.now(),
        )
        return Response(EntryOut(entry).data)


def _chosen(request: Request, name: str, choices: tuple[str, ...]) -> str:
    value = request.query_params.get(name, choices[0])
    if value not in choices:
        raise Invalid(fields={name: [f"Choose one of {', '.join(filter(None, choices))}."]})
    return value


def _until(given: dict[str, Any], now: datetime) -> datetime | None:
    if "until" not in given:
        return lists.default_end(now)
    return list_values.end_of(given["until"])
