"""`manage.py reconcile`: our books beside Stripe's."""

import json
from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core import clock, formats
from core.errors import Refusal
from core.money import Money
from payments.models import Difference, Reconciliation
from payments.services import reconciling
from payments.services.reconciling.keeping import STANDING

CLEAN, DIFFERS, NOT_COMPARED = 0, 1, 2


class Command(BaseCommand):
    help = (
        "Compare our payments, refunds, disputes, ledger and payouts with Stripe's, fetch missed messages, and list what "
        "differs. Status 0: nothing does. 1: something does. 2: it could not be compared. Without dates the last 48 hours."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--full", action="store_true", help="as far back as RECONCILE_DAYS")
        parser.add_argument("--from", dest="since", help="a day or moment, such as 2026-11-01")
        parser.add_argument("--to", dest="until", help="before this day or moment; now without it")
        parser.add_argument("--json", action="store_true", help="one JSON document")

    def handle(self, **options: Any) -> None:
        now = clock.now()
        try:
            run = self._run(options, now)
        except Refusal as refusal:
            self.stderr.write(str(refusal.detail))
            raise SystemExit(NOT_COMPARED) from refusal
        standing = list(Difference.objects.filter(status__in=STANDING).order_by("happened_at"))
        self.stdout.write(self._json(run, standing) if options["json"] else words(run, standing))
        if standing:
            raise SystemExit(DIFFERS)

    def _run(self, options: dict[str, Any], now: datetime) -> Reconciliation:
        if options["since"]:
            until = moment(options["until"]) if options["until"] else now
            since = moment(options["since"])
            if since >= until:
                raise CommandError("--from must be before --to.")
            return reconciling.reconcile(since=since, until=min(until, now), now=now)
        return reconciling.full(now=now) if options["full"] else reconciling.recent(now=now)

    def _json(self, run: Reconciliation, standing: list[Difference]) -> str:
        return json.dumps(
            {
                "since": run.since.isoformat(), "until": run.until.isoformat(),
                "compared": run.compared, "fetched_events": run.fetched_events,
                "seconds": seconds(run),
                "differences": [
                    {
                        "kind": each.kind, "subject": each.subject,
                        "payment": str(each.payment_id) if each.payment_id else None,
                        "ours": each.ours_minor, "theirs": each.theirs_minor,
                        "ours_word": each.ours_word, "theirs_word": each.theirs_word,
                        "happened_at": each.happened_at.isoformat(), "status": each.status,
                    }
                    for each in standing
                ],
            }
        )  # fmt: skip


def words(run: Reconciliation, standing: list[Difference]) -> str:
    counts = ", ".join(
        f"{count:,} {name}" for name, count in run.compared.items() if name != "ledger"
    )
    lines = [
        f"Compared {counts} in {seconds(run)} s; fetched {run.fetched_events} missed messages."
    ]
    if not standing:
        lines.append("Nothing differs: £0.00, to the penny.")
    lines += [
        f"{each.get_kind_display()}: {each.subject}, ours {_amount(each.ours_minor)} {each.ours_word}, "
        f"Stripe’s {_amount(each.theirs_minor)} {each.theirs_word}"
        for each in standing
    ]
    return "\n".join(lines)


def seconds(run: Reconciliation) -> float:
    assert run.finished_at is not None
    return round((run.finished_at - run.started_at).total_seconds(), 1)


def moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{text!r} is no day; write it as 2026-11-23.") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _amount(minor: int | None) -> str:
    return "none" if minor is None else formats.money(Money(minor))
