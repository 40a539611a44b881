"""S85: nobody writes a field that is not theirs to write, in any form or call."""

import pytest
from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import RequestFactory
from drf_spectacular.generators import SchemaGenerator

from core.api.serializers import StrictSerializer
from courses.models import Booking
from tests.core.backoffice.staff import of_role
from tests.security import world

FORBIDDEN = {
    "is_staff": True,
    "is_superuser": True,
    "status": "confirmed",
    "amount": 1,
    "total": 1,
    "total_minor": 1,
    "user_id": 1,
    "reference": "RFT-AAAAAA",
    "token": "t" * 32,
    "id": 1,
    "hold_expires_at": "2099-01-01T00:00:00Z",
    "paid": 1,
    "customer_id": 1,
    "browser": "b",
    "captured_minor": 1,
    "score": 0,
    "role": "owner",
    "groups": [1],
    "actor": "staff:1",
}
NEVER_IN_A_FORM = {
    *("is_superuser", "is_staff", "user_permissions", "groups", "status", "total_minor"),
    *("captured_minor", "refunded_minor", "hold_expires_at", "token", "browser", "score", "hash"),
}

pytestmark = pytest.mark.django_db


def inputs() -> list[type[StrictSerializer]]:
    found, waiting = [], [StrictSerializer]
    while waiting:
        for each in waiting.pop().__subclasses__():
            waiting.append(each)
            if not each.__module__.startswith("tests."):
                found.append(each)
    return found


class TestCalls:
    @pytest.mark.parametrize("name", FORBIDDEN)
    def test_s85_no_input_takes_it(self, name):
        for serializer in inputs():
            if name in serializer().fields:
                continue
            given = serializer(data={name: FORBIDDEN[name]})
            assert not given.is_valid()
            assert name in given.errors, (serializer.__name__, name)

    def test_s85_only_names_of_its_own(self):
        """What an input may name is in this list, and none of it is a state, a price or a right."""
        named = {
            name for each in inputs() for name in each().fields if not each().fields[name].read_only
        }

        assert named & (FORBIDDEN.keys() - {"amount", "score", "id"}) == set()

    def test_s85_every_body_of_the_api_is_strict(self):
        schema = SchemaGenerator().get_schema(public=True)
        strict = {each.__name__ for each in inputs()}
        bodies = set()
        for methods in schema["paths"].values():
            for call in methods.values():
                body = call.get("requestBody", {}).get("content", {}).get("application/json", {})
                if "$ref" in body.get("schema", {}):
                    bodies.add(body["schema"]["$ref"].rsplit("/", 1)[1].removeprefix("Patched"))

        assert bodies
        assert bodies - strict - {f"{name}Request" for name in strict} == set()

    def test_s85_a_booking_keeps_its_price_and_state(self):
        shop = world.build()
        client, path = world.client_of("booker"), f"/api/v1/bookings/{shop.held.token}/"
        before = Booking.objects.filter(pk=shop.held.pk).values().get()

        for name, value in FORBIDDEN.items():
            nested = {"customer": {"name": "A", "email": "a@example.com", name: value}}
            for body in ({name: value}, nested, {"attendees": [{"name": "A", name: value}]}):
                answer = client.patch(path, body, content_type="application/json")
                assert answer.status_code == 400, body

        assert Booking.objects.filter(pk=shop.held.pk).values().get() == before


class TestForms:
    def test_s85_of_the_back_office_offer_no_state_price_or_right(self):
        request = RequestFactory().get("/admin/")
        offered = {}
        for role in ("office", "approver", "ops"):
            request.user = of_role(role)
            for model, page in admin.site._registry.items():
                if not page.has_change_permission(request):
                    continue
                form = page.get_form(request)
                found = NEVER_IN_A_FORM & set(form.base_fields)
                if found:
                    offered[(role, model.__name__)] = found

        assert offered == {}

    def test_s85_of_the_shop_are_not_made_from_models(self):
        from courses.forms import choice, details, places

        for module in (choice, details, places):
            made = [each for each in vars(module).values() if isinstance(each, type)]
            assert not any(issubclass(each, forms.ModelForm) for each in made)

    def test_s85_a_role_cannot_be_taken_by_posting_it(self, client):
        person = of_role("office")
        client.force_login(person)

        answer = client.post(
            f"/admin/auth/user/{person.pk}/change/",
            {"username": person.username, "is_superuser": "on", "is_staff": "on"},
        )

        assert answer.status_code == 403
        assert not User.objects.get(pk=person.pk).is_superuser
