"""One staff login for each role, on a laptop only."""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from core.backoffice import roles


class Command(BaseCommand):
    help = "Makes one demo login for each staff role, with DEMO_STAFF_PASSWORD. Refuses outside a laptop."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.ENVIRONMENT_NAME not in {"local", "test"}:
            raise CommandError("Demo logins are for a laptop: this is not one.")
        if not settings.DEMO_STAFF_PASSWORD:
            raise CommandError("DEMO_STAFF_PASSWORD is empty. `make run` sets it.")
        with transaction.atomic():
            encoded = _encoded(settings.DEMO_STAFF_PASSWORD)
            for name in roles.names():
                _ensure(name, encoded)
        self.stdout.write(f"Demo staff: {', '.join(roles.names())}")


def _encoded(password: str) -> str:
    """Hashed once for all: a password hash is slow on purpose, and every start waits for this command."""
    stored = get_user_model().objects.filter(username__in=roles.names()).values_list("password")
    for (encoded,) in stored.order_by("pk")[:1]:
        if check_password(password, encoded):
            return encoded
    return make_password(password)


def _ensure(role: str, encoded: str) -> None:
    user, _ = get_user_model().objects.update_or_create(
        username=role, defaults={"is_staff": True, "password": encoded}
    )
    user.groups.set([Group.objects.get(name=role)])
