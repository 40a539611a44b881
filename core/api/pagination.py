"""Pages of a list by cursor: a stable walk while rows come and go, in `results` and `next`."""

from typing import Any

from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination as DRFCursorPagination
from rest_framework.response import Response

from core.errors import Invalid


class UnknownCursor(Invalid):
    code = "unknown_cursor"
    detail = "Start from the first page: this cursor is not one of ours."


class CursorPagination(DRFCursorPagination):
    """At most 100 rows a page. Views set `ordering` to something unique by a subclass or `ordering`."""

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 100
    ordering: tuple[str, ...] = ("-pk",)

    def decode_cursor(self, request: Any) -> Any:
        try:
            return super().decode_cursor(request)
        except NotFound:
            raise UnknownCursor() from None

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"results": data, "next": self.get_next_link()})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["results", "next"],
            "properties": {
                "results": schema,
                "next": {"type": "string", "format": "uri", "nullable": True},
            },
        }
