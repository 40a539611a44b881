"""A form that is sent twice lands in one place."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.template import engines
from django.test import Client

from core.idempotency.models import IdempotencyKey
from tests.core import doors as views

KEY = {"idempotency_key": "k" * 32}


@pytest.mark.django_db
class TestIdempotentForm:
    def test_redirects_a_repeat_to_the_same_place(self, doors):
        first = doors.post("/form/", {"name": "Ann", **KEY})
        second = doors.post("/form/", {"name": "Ann", **KEY})

        assert first.url == second.url == "/landed/1/"
        assert len(views.runs) == 1

    def test_takes_changed_fields_as_a_new_intent(self, doors):
        doors.post("/form/", {"name": "Ann", **KEY})

        assert doors.post("/form/", {"name": "Bob", **KEY}).url == "/landed/2/"

    def test_does_not_keep_a_page_with_errors(self, doors):
        assert doors.post("/form/", {"name": "", **KEY}).status_code == 422
        assert not IdempotencyKey.objects.exists()

    def test_does_not_keep_a_failure(self, doors):
        views.answers.append(ZeroDivisionError())

        assert doors.post("/form/", {"name": "Ann", **KEY}).status_code == 500
        assert doors.post("/form/", {"name": "Ann", **KEY}).url == "/landed/2/"

    @pytest.mark.parametrize("key", [{}, {"idempotency_key": ""}, {"idempotency_key": "x" * 300}])
    def test_works_without_a_key(self, doors, key):
        assert doors.post("/form/", {"name": "Ann", **key}).url == "/landed/1/"
        assert not IdempotencyKey.objects.exists()

    def test_belongs_to_its_browser(self, doors):
        doors.cookies["rft_browser"] = "a" * 32
        doors.post("/form/", {"name": "Ann", **KEY})
        doors.cookies["rft_browser"] = "b" * 32

        assert doors.post("/form/", {"name": "Ann", **KEY}).url == "/landed/2/"


@pytest.mark.django_db(transaction=True)
class TestManyClicks:
    def test_land_in_one_place(self, doors):
        meet = threading.Barrier(8, timeout=20)

        def click(_number: int) -> str:
            try:
                meet.wait()
                return Client().post("/form/", {"name": "Ann", **KEY}).url
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as threads:
            places = set(threads.map(click, range(8)))

        assert places == {"/landed/1/"}
        assert len(views.runs) == 1


class TestIdempotencyField:
    def test_is_hidden_and_fresh_each_time(self):
        template = engines["django"].from_string("{% load idempotency %}{% idempotency_field %}")
        found = [
            re.fullmatch(
                r'<input type="hidden" name="idempotency_key" value="([\w-]{32})">',
                template.render(),
            )
            for _ in range(2)
        ]

        assert found[0][1] != found[1][1]
