"""Every way in which a call can go wrong is a problem document of one shape."""

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404
from rest_framework import exceptions as drf

from core import errors
from tests.core import doors as views

MEMBERS = {"type", "title", "status", "detail", "code", "errors", "trace_id"}


def problem(response, status: int, code: str) -> dict:
    assert response.headers["Content-Type"] == "application/problem+json"
    body = response.json()
    assert set(body) >= MEMBERS
    assert (response.status_code, body["status"], body["code"]) == (status, status, code)
    assert len(body["trace_id"]) == 32
    return body


class TestRefusals:
    @pytest.mark.parametrize(
        ("refusal", "status"),
        [
            (errors.NotFound(), 404),
            (errors.Gone(), 410),
            (errors.Invalid(), 400),
            (errors.Conflict(), 409),
            (errors.Refused(), 403),
            (errors.PaymentDeclined(), 402),
            (errors.TooMany(), 429),
            (errors.Unavailable(), 503),
        ],
    )
    def test_have_the_status_of_their_family(self, doors, refusal, status):
        views.answers.append(refusal)

        problem(doors.get("/api/v1/raising/"), status, refusal.code)

    def test_tell_code_words_fields_and_extras(self, doors):
        views.answers.append(
            views.SoldOut("One left.", fields={"places": ["Too many."]}, places_left=1)
        )

        body = problem(doors.get("/api/v1/raising/"), 409, "sold_out")

        assert (body["detail"], body["errors"], body["places_left"]) == (
            "One left.",
            {"places": ["Too many."]},
            1,
        )
        assert body["title"] == "Conflict"
        assert body["type"] == "urn:rft:problem:sold_out"

    def test_cannot_overwrite_the_members_of_the_shape(self, doors):
        views.answers.append(errors.Conflict(status=200, trace_id="x"))

        problem(doors.get("/api/v1/raising/"), 409, "conflict")

    @pytest.mark.parametrize(
        ("refusal", "seconds"),
        [(errors.TooMany(retry_after=61.5), "61"), (errors.Unavailable(), "5")],
    )
    def test_say_when_to_try_again(self, doors, refusal, seconds):
        views.answers.append(refusal)

        assert doors.get("/api/v1/raising/").headers["Retry-After"] == seconds


class TestOtherExceptions:
    @pytest.mark.parametrize(
        ("exception", "status", "code"),
        [
            (Http404("secret words"), 404, "not_found"),
            (PermissionDenied("secret words"), 403, "permission_denied"),
            (SuspiciousOperation("secret words"), 400, "malformed"),
            (drf.Throttled(wait=30), 429, "throttled"),
            (drf.NotAcceptable(), 406, "not_acceptable"),
        ],
    )
    def test_are_problems_without_inner_words(self, doors, exception, status, code):
        views.answers.append(exception)

        body = problem(doors.get("/api/v1/raising/"), status, code)

        assert "secret" not in str(body)

    @pytest.mark.parametrize(
        "error", [ZeroDivisionError("secret words"), OperationalError("secret")]
    )
    def test_that_nobody_expected_say_nothing(self, doors, error):
        views.answers.append(error)

        body = problem(doors.get("/api/v1/raising/"), 500, "internal_error")

        assert body["detail"] == ""
        assert "secret" not in str(body)

    def test_are_reported_as_django_would(self, doors):
        doors.raise_request_exception = True
        views.answers.append(ZeroDivisionError())

        with pytest.raises(ZeroDivisionError):
            doors.get("/api/v1/raising/")

    def test_mean_busy_when_no_connection_is_free(self, doors):
        views.answers.append(views.exhausted())

        response = doors.get("/api/v1/raising/")

        problem(response, 503, "busy")
        assert response.headers["Retry-After"] == "2"


class TestRequests:
    @pytest.mark.parametrize(
        ("method", "path", "status", "code"),
        [
            ("get", "/api/v1/nowhere/", 404, "not_found"),
            ("put", "/api/v1/raising/", 405, "method_not_allowed"),
            ("get", "/api/v1/private/", 403, "permission_denied"),
        ],
    )
    def test_that_lead_nowhere(self, doors, method, path, status, code):
        problem(getattr(doors, method)(path), status, code)

    def test_of_another_type(self, doors):
        problem(
            doors.post("/api/v1/orders/", b"a=1", content_type="text/csv"),
            415,
            "unsupported_media_type",
        )

    @pytest.mark.parametrize(
        "body",
        [
            b"{",
            b'{"places": NaN}',
            b'{"places": Infinity}',
            b'{"places": 1, "places": 2}',
            b"\xff\xfe",
            b"[" * 100_000,
            b'{"places": ' + b"9" * 5000 + b"}",
        ],
    )
    def test_that_are_not_json(self, doors, body):
        problem(
            doors.post("/api/v1/orders/", body, content_type="application/json"), 400, "malformed"
        )
        assert not views.runs

    def test_that_are_too_large(self, doors, settings):
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

        body = b'{"name": "' + b"x" * 1000 + b'"}'

        problem(
            doors.post("/api/v1/orders/", body, content_type="application/json"), 413, "too_large"
        )

    def test_of_plain_views_below_the_api(self, doors):
        views.answers.append(errors.Gone())
        problem(doors.get("/api/v1/plain/"), 410, "gone")

        views.answers.append(ZeroDivisionError())
        problem(doors.get("/api/v1/plain/"), 500, "internal_error")

    def test_without_a_body_are_invalid(self, doors):
        response = doors.post("/api/v1/orders/", b"", content_type="application/json")

        assert problem(response, 400, "invalid")["errors"] == {
            "places": ["This field is required."]
        }


class TestPages:
    @pytest.mark.parametrize(
        ("refusal", "status"),
        [(errors.NotFound(), 404), (errors.Gone(), 410), (errors.TooMany(), 429)],
    )
    def test_of_a_refusal_have_its_status_and_no_problem(self, doors, refusal, status):
        views.answers.append(refusal)

        response = doors.get("/plain/")

        assert response.status_code == status
        assert "json" not in response.headers["Content-Type"]

    def test_are_503_when_no_connection_is_free(self, doors):
        views.answers.append(views.exhausted())

        response = doors.get("/plain/")

        assert (response.status_code, response.headers["Retry-After"]) == (503, "2")
