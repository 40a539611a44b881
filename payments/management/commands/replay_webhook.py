"""`manage.py replay_webhook`: process stored webhooks again, one by its Stripe id or all that gave up."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import clock
from payments.models import WebhookEvent, WebhookState
from payments.services import webhooks


class Command(BaseCommand):
    help = "Process stored webhooks again: their Stripe ids, or --dead for all that were given up."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("event_ids", nargs="*", metavar="evt_…")
        parser.add_argument("--dead", action="store_true", help="all that were given up")
        parser.add_argument("--json", action="store_true", help="print the ends as JSON")

    def handle(self, *, event_ids: list[str], dead: bool, **options: Any) -> None:
        """Ends with status 1 when one of them failed again."""
        if bool(event_ids) == dead:
            raise CommandError("Name webhooks, or give --dead.")
        chosen = WebhookEvent.objects.filter(
            **({"state": WebhookState.DEAD} if dead else {"event_id__in": event_ids})
        )
        missing = set(event_ids) - set(chosen.values_list("event_id", flat=True))
        if missing:
            raise CommandError(f"Not in the inbox: {', '.join(sorted(missing))}")
        ends = {event.event_id: self._again(event) for event in chosen.order_by("received_at")}
        self._print(ends, as_json=options["json"])
        if any(end not in (WebhookState.DONE, WebhookState.IGNORED) for end in ends.values()):
            raise SystemExit(1)

    def _again(self, event: WebhookEvent) -> str:
        now = clock.now()
        processed = webhooks.process_again(event_pk=event.pk, actor="command line", now=now)
        return processed.state

    def _print(self, ends: dict[str, str], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(ends))
            return
        for event_id, end in ends.items():
            self.stdout.write(f"{event_id}: {end}")
