"""The words that the design fixes are the words that customers read, whatever stands around them."""

import os
import re
from functools import cache
from pathlib import Path

import pytest

from tests.functional.pages.shop import ROOT

SHOWN = (
    "templates/**/*.html",
    "courses/**/*.py",
    "payments/**/*.py",
    "core/**/*.py",
    "static/js/*.js",
)
DESIGN = Path(os.environ.get("SHARED_DATA") or ROOT.parent / "shared" / "data").parent / "design"
# By the sections of ux.md; numbers, names and amounts are left out of them.
FIXED = """
First aid training in Yorkshire, booked in two minutes
No dates match. The nearest is
Clear filters
We don't know that place. Try a Yorkshire town, or the first part of a postcode such as LS1
We couldn't update the list. Try again
When does your current certificate run out?
Your certificate will have run out by then. You need the
for a full refund
Choose a date
places are left on this date. Choose
The last place has just gone
people, we can train at your workplace
Are you coming yourself?
Your confirmation and invoice go here
We only call if something changes about the course
As it should appear on the certificate
We'll send joining instructions here
Anything that would help anyone take part?
For example step-free access, or a hearing loop. Only the trainer sees this
I agree that it can go ahead before my
Continue to pay
Enter an email address in the right format, like name@example.com
Enter the full name of attendee
Enter a phone number we can reach you on, like
Did you mean
Check and pay
Your card details go straight to Stripe, our payment company. We never see or store them
Your bank may ask you to approve the payment. By paying you agree to our booking terms and privacy notice
Need longer?
The card form is taking longer than usual
Something is stopping the card form from loading, often a work network
Confirm booking
Your bank says there isn't enough money on this card. Try a different card. Nothing was taken
This card has expired. Try a different card
The security code doesn't match. Check the last
This card can't be used here. Try a different card
We couldn't reach your bank. Nothing was taken. Try again
Your bank couldn't confirm it was you. Try again, or use a different card. Nothing was taken
This payment didn't go through. Try a different card, or call us on
Waiting for your bank…
Approve the payment in your banking app, then come back here
The payment wasn't approved, so nothing was taken. Try again when you're ready
You're booked
We've sent everything to
Send it somewhere else too
Add to calendar
Download invoice
What happens next
Each attendee gets joining instructions today.
Bring photo ID
Change or cancel
We couldn't deliver to that address. Check it
Confirming your payment…
We're checking with your bank
We're checking your booking
We look at some bookings by hand before confirming them. It usually takes under
Your card hasn't been charged. Your bank may show
Call us to speed it up
We couldn't confirm your booking, so we've released the
Your places went back on sale at
Everything you typed is kept
We couldn't take this payment
Open your booking
Send me a link
If we have bookings for
a link is on its way. It works for
Or type the code from the email
Open my bookings
This link has already been used or is too old. Send a new one
No bookings for this email
Name to come
Booked and paid
You took this course on
Book a refresher
Joining instructions go to them now. The previous person gets a short note
If you cancel now, you get back
Keep my booking
This amount is fixed for
The amount may have changed. Here it is again
days ago, so you get everything back
Your invoice isn't ready yet. We'll email it within an hour
The page sent us something we didn't expect. Go back and try again
You may need to open your booking from the link we emailed
This page was open too long. Nothing was lost
Check the address, or find a course
It's not you. If you were paying, check your email before trying again: we never charge twice
Bookings already made are safe
""".strip().splitlines()


@cache
def shown() -> str:
    """All that can be shown, on one line: no tags, no template code, sentences that a file breaks joined again."""
    return _plain(
        " ".join(
            re.sub(r"\{%.*?%\}|\{\{.*?\}\}|<[^>]*>", "", path.read_text())
            if path.suffix == ".html"
            else re.sub(r'"\s*f?"', "", path.read_text())
            for pattern in SHOWN
            for path in sorted(ROOT.glob(pattern))
        )
    )


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("’", "'"))


class TestFixedWords:
    @pytest.mark.parametrize("words", FIXED)
    def test_are_shown(self, words):
        assert words.rstrip("?") in shown()

    def test_are_the_designs(self):
        """Where the design lies beside the repository; elsewhere the list above is all there is."""
        page = DESIGN / "ux.md"
        design = _plain(page.read_text()) if page.exists() else " ".join(FIXED)

        assert [words for words in FIXED if words not in design] == []
