"""What a customer does on the site, in the words that they see, and what we then know of their booking."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from core.mail.models import Message
from courses.models import Booking
from invoicing.models import Document
from payments.models import Payment
from tests.functional.chromium import Visitor
from tests.functional.pages.shop import Shop

PAYS, NO_MONEY = "4242424242424242", "4000000000009995"
ASKS_BANK, TO_REVIEW = "4000002760003184", "4000000000009235"
PATIENCE_SECONDS = 45
PATIENCE_MS = PATIENCE_SECONDS * 1000
T = TypeVar("T")


@dataclass
class Customer:
    """One person in one browser."""

    visitor: Visitor
    shop: Shop
    left: str = ""

    @property
    def page(self) -> Page:
        return self.visitor.page

    # --- what they do --------------------------------------------------------------------------

    def chooses(self, places: int = 1) -> None:
        """From the catalogue to places that are held."""
        self.page.goto("/")
        self.page.get_by_role("link", name=re.compile("^Book Emergency")).first.click()
        self.page.get_by_label("How many people?").fill(str(places))
        total = f"£{96 * places}.00"
        self.page.get_by_role("button", name=f"Continue · {total}").click()
        self.sees("Who’s coming?")

    def is_coming(self, email: str = "ada@example.com") -> None:
        """One person, for themselves: the fewest fields there are."""
        self.says("Yes")
        self.page.get_by_label("Your name").fill("Ada Example")
        self.page.get_by_label("Your email").fill(email)
        self.says("Me")
        self.goes_on()

    def books_for_company(self, *names: str) -> None:
        self.says("No, I’m booking for others")
        self.page.get_by_label("Your name").fill("Olive Office")
        self.page.get_by_label("Your email").fill("office@example.com")
        for number, name in enumerate(names, start=1):
            self.page.locator(f"#id_attendee_{number}_name").fill(name)
        self.says("A company")
        self.page.get_by_label("Company name").fill("Example Joinery Ltd")
        self.page.get_by_label("Address").fill("1 Example Street\nLeeds")
        self.page.get_by_label("Postcode").fill("LS1 1AA")
        self.page.get_by_label("Purchase order number").fill("PO-20417")
        self.goes_on()

    def says(self, answer: str) -> None:
        self.page.locator("label.choice", has_text=re.compile(f"^\\s*{answer}\\s*$")).click()

    def goes_on(self) -> None:
        self.page.get_by_role("button", name="Continue to pay").click()
        self.sees("Check and pay")

    def gives_card(self, number: str) -> None:
        fields = self.page.frame_locator("iframe[name=payment-element]")
        fields.get_by_label("Card number").fill(number)
        fields.get_by_label("Expiry date").fill("12 / 34")
        fields.get_by_label("Security code").fill("123")
        fields.get_by_label("Postcode").fill("LS1 1AA")

    def pays(self, number: str = PAYS) -> None:
        self.gives_card(number)
        self.page.get_by_role("button", name=re.compile("^Pay £")).click()

    def answers_bank(self, answer: str) -> None:
        """Authenticate, Fail or Close, in the bank's own frame."""
        bank = self.page.frame_locator("iframe[src*='/3ds/']")
        bank.get_by_role("button", name=answer).click(timeout=PATIENCE_MS)

    def leaves_for(self, address: str) -> None:
        """In the middle of a payment: the browser asks whether they mean it, and they do."""
        self.left = self.page.url
        with self.page.expect_event("dialog") as asked:
            self.page.once("dialog", lambda dialog: dialog.accept())
            self.page.evaluate("address => { location.href = address; }", address)
        assert asked.value.type == "beforeunload"
        self.page.wait_for_url(f"**{address}")

    def comes_back(self) -> None:
        self.page.goto(self.left, wait_until="commit")

    # --- what they see -------------------------------------------------------------------------

    def sees(self, heading: str) -> None:
        title = self.page.get_by_role("heading", level=1, name=heading)
        expect(title).to_be_visible(timeout=PATIENCE_MS)

    def reads(self, words: str) -> None:
        expect(self.page.get_by_text(words).first).to_be_visible(timeout=PATIENCE_MS)

    # --- what we know --------------------------------------------------------------------------

    @property
    def token(self) -> str:
        return urlsplit(self.page.url).path.split("/")[2]

    @property
    def booking(self) -> Booking:
        return Booking.objects.get(token=self.token)

    @property
    def payments(self) -> list[Payment]:
        return list(Payment.objects.filter(booking__token=self.token).order_by("created_at"))

    def papers(self, *, at_least: int) -> list[Document]:
        """The invoice and credit notes, once they are issued: that happens after the page is shown."""
        rows = Document.objects.filter(booking_id=self.booking.pk).order_by("issued_at", "label")
        return eventually(lambda: list(rows.all()), lambda found: len(found) >= at_least)

    def mails(self, *kinds: str) -> list[str]:
        """The kinds of all mails about this booking, sent, once the wanted ones are among them."""
        subject = f"courses.booking:{self.booking.pk}"

        def sent() -> list[str]:
            return sorted(
                Message.objects.filter(about=subject, state="sent").values_list("kind", flat=True)
            )

        return eventually(sent, lambda found: set(kinds) <= set(found))


def eventually(ask: Callable[[], T], enough: Callable[[T], Any]) -> T:
    """Asks until the answer is enough: other processes work on it. Fails with the last answer."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not enough(found := ask()):
        assert time.monotonic() < deadline, f"still only {found}"
        time.sleep(0.2)
    return found
