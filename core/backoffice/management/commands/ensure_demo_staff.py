"""One staff login for each role, on a laptop only."""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
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
            for name in roles.names():
                _ensure(name, settings.DEMO_STAFF_PASSWORD)
        self.stdout.write(f"Demo staff: {', '.join(roles.names())}")


def _ensure(role: str, password: str) -> None:
    user, _ = get_user_model().objects.get_or_create(username=role, defaults={"is_staff": True})
    if not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password"])
    user.groups.set([Group.objects.get(name=role)])
