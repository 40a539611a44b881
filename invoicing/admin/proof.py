"""The proof of the numbers, on the money check."""

from core import formats
from invoicing.services import proving
from payments.admin import money_check
from payments.admin.money_check import Proof


def numbers() -> Proof:
    last = proving.last()
    if last is None:
        return Proof("Invoice numbers", None, "They are proved for the first time tonight.")
    papers = formats.counted(last.papers, "paper")
    words = f"{papers}: no number is missing or doubled, and no date runs backwards."
    if last.problems:
        words = f"{papers} were read. Tell the people who run the system."
    return Proof("Invoice numbers", last.proved_at, words, last.problems)


money_check.add_proof(numbers)
