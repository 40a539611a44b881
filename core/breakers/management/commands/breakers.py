"""How the circuit breakers stand, and what can be done to them from a terminal."""

import getpass
import json as json_module
import sys
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core import clock
from core.breakers import standing
from core.breakers.admin import interventions
from core.breakers.models import OrderState
from core.errors import Refusal

FORCE = {
    "pause": OrderState.FORCED_OPEN,
    "let_through": OrderState.DISABLED,
    "watch": OrderState.METRICS_ONLY,
}


class Command(BaseCommand):
    help = (
        "Show every circuit breaker, or force, lift, test or reset one. "
        "Status 1: at least one turns calls away."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--json", action="store_true", help="one JSON document on standard output"
        )
        act = parser.add_mutually_exclusive_group()
        act.add_argument("--pause", metavar="NAME", help="let nothing through")
        act.add_argument("--let-through", metavar="NAME", help="let everything through")
        act.add_argument("--watch", metavar="NAME", help="count, but never pause")
        act.add_argument("--lift", metavar="NAME", help="let it decide by itself again")
        act.add_argument("--test", metavar="NAME", help="let the next calls through as a test")
        act.add_argument("--reset", metavar="NAME", help='close it; "all" closes every one')
        parser.add_argument("--reason", default="", help="why (needed to force)")
        parser.add_argument("--minutes", type=int, default=60, help="for how long (60)")

    def handle(self, *, json: bool, **options: Any) -> None:
        try:
            done = self._act(options)
        except Refusal as refusal:
            words = [refusal.detail, *(each for found in refusal.fields.values() for each in found)]
            raise CommandError(" ".join(words)) from refusal
        found = standing.of_all(now=clock.now())
        if json:
            self.stdout.write(json_module.dumps({"breakers": [each.as_json() for each in found]}))
        else:
            self._tell(found, done)
        if any(each.turns_away for each in found) and not done:
            sys.exit(1)

    def _act(self, options: dict[str, Any]) -> str:
        now, reason = clock.now(), options["reason"]
        who: dict[str, Any] = {"actor": f"terminal:{getpass.getuser()}", "now": now}
        for act, state in FORCE.items():
            if name := options[act]:
                until = now + timedelta(minutes=options["minutes"])
                interventions.force(name=name, state=state, reason=reason, until=until, **who)
                return f"{name}: {state.label.lower()} until {until:%Y-%m-%d %H:%M} UTC"
        if name := options["lift"]:
            interventions.lift(name=name, reason=reason, **who)
            return f"{name}: decides by itself again"
        if name := options["test"]:
            return interventions.test_now(name=name, **who)
        if name := options["reset"]:
            names = None if name == "all" else [name]
            return f"closed: {', '.join(interventions.reset(names=names, reason=reason, **who))}"
        return ""

    def _tell(self, found: list[standing.Standing], done: str) -> None:
        if done:
            self.stdout.write(done)
        for each in found:
            counted = f"{each.failed} of {each.calls} failed, {each.slow} slow"
            why = each.reason or each.cause
            self.stdout.write(
                f"{each.name:15} {each.word:18} since {each.since:%H:%M:%S} UTC  {counted}"
                + (f"  ({why})" if why else "")
            )
