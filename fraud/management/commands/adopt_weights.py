"""`manage.py adopt_weights`: an owner's word about a proposed weight set."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from core import clock
from core.backoffice import people
from core.errors import Refusal
from fraud.models import WeightSetRow
from fraud.services import weights


class Command(BaseCommand):
    help = "Make a weight set live, let it run beside the live one, or take it out of use."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("version")
        parser.add_argument("state", choices=["live", "shadow", "retired"])
        parser.add_argument("--owner", required=True, help="user name of the owner who decides")
        parser.add_argument("--reason", required=True)

    def handle(self, **options: Any) -> None:
        owner = get_user_model().objects.filter(username=options["owner"], is_active=True).first()
        if owner is None or not owner.has_perm("fraud.change_weightsetrow"):
            raise CommandError("Only an owner adopts a weight set.")
        row = WeightSetRow.objects.filter(version=options["version"]).first()
        if row is None:
            raise CommandError("There is no weight set of that version.")
        try:
            weights.move(
                weight_set_id=row.id,
                state=options["state"],
                reason=options["reason"],
                actor=f"{people.STAFF}{owner.pk}",
                now=clock.now(),
            )
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{row.version} is now {options['state']}")
