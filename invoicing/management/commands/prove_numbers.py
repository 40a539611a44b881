"""`manage.py prove_numbers`: invoices and credit notes are numbered without a gap, in the order of their dates."""

from typing import Any

from django.core.management.base import BaseCommand

from core import clock, formats
from invoicing.services import proving


class Command(BaseCommand):
    help = (
        "Prove that every series and year of invoices and credit notes is numbered without a gap or a double, and that "
        "dates never run backwards, also across the years. Status 0: proved. 1: something is wrong."
    )

    def handle(self, **options: Any) -> None:
        for run in proving.proved():
            words = formats.counted(run.papers, "paper")
            self.stdout.write(f"{run.last_label}: {words}, {'wrong' if run.problems else 'proved'}")
        proof = proving.prove(now=clock.now())
        for problem in proof.problems:
            self.stderr.write(problem)
        if proof.problems:
            raise SystemExit(1)
