"""Lists come in pages that a cursor walks."""

import pytest
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from core.api.pagination import CursorPagination, UnknownCursor
from core.idempotency.models import IdempotencyKey
from tests.core.mail.letters import NOW

pytestmark = pytest.mark.django_db


class ByKey(CursorPagination):
    ordering = ("key",)


def page(url: str) -> dict:
    request = Request(APIRequestFactory().get(url))
    paginator = ByKey()
    rows = paginator.paginate_queryset(IdempotencyKey.objects.all(), request)
    return paginator.get_paginated_response([row.key for row in rows]).data


class TestCursorPagination:
    @pytest.fixture(autouse=True)
    def rows(self):
        for number in range(7):
            IdempotencyKey.objects.create(
                scope="s", key=f"{number}", fingerprint="f", locked_until=NOW, expires_at=NOW
            )

    def test_walks_every_row_once(self):
        seen, url = [], "/?limit=3"
        while url:
            answer = page(url)
            seen += answer["results"]
            url = answer["next"]

        assert seen == [str(number) for number in range(7)]
        assert set(answer) == {"results", "next"}

    def test_never_gives_more_than_its_maximum(self):
        assert ByKey().get_page_size(Request(APIRequestFactory().get("/?limit=100000"))) == 100

    def test_refuses_a_cursor_that_is_not_ours(self):
        with pytest.raises(UnknownCursor):
            page("/?cursor=nonsense%00")
