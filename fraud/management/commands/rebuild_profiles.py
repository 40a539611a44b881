"""`manage.py rebuild_profiles`: every key's profile again, from what was put down of each payment."""

from typing import Any

from django.core.management.base import BaseCommand

from core import clock
from fraud.services import profiles


class Command(BaseCommand):
    help = "Make the profile of every key again from the outcomes; judging goes on meanwhile."

    def handle(self, **_options: Any) -> None:
        outcomes, made = profiles.rebuild(now=clock.now())
        self.stdout.write(f"{made:,} profiles from {outcomes:,} outcomes")
