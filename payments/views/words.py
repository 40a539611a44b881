"""What a customer is told when a card is refused: what happened, that nothing was taken, what to do next.

The page carries the same sentences for its script, so that they exist once.
"""

from django.conf import settings

from payments import selectors
from payments.models import Payment, PaymentStatus

ANOTHER_CARD = "Try a different card."
BY_CODE = {
    "insufficient_funds": (
        "Your bank says there isn’t enough money on this card. Try a different card. Nothing was taken."
    ),
    "expired_card": "This card has expired. Try a different card. Nothing was taken.",
    "incorrect_cvc": (
        "The security code doesn’t match. Check the last 3 digits on the back and try again. "
        "Nothing was taken."
    ),
    "incorrect_number": "The card number isn’t right. Check it and try again. Nothing was taken.",
    "card_not_supported": "This card can’t be used here. Try a different card. Nothing was taken.",
    "currency_not_supported": (
        "This card can’t be used here. Try a different card. Nothing was taken."
    ),
    "processing_error": "We couldn’t reach your bank. Nothing was taken. Try again.",
    "authentication_failed": (
        "Your bank couldn’t confirm it was you. Try again, or use a different card. "
        "Nothing was taken."
    ),
}
ABANDONED = "The payment wasn’t approved, so nothing was taken. Try again when you’re ready."


def declined() -> str:
    """The same words for every refusal whose reason is nobody's business."""
    return (
        "This payment didn’t go through. Try a different card, or call us on "
        f"{settings.OFFICE_PHONE}. Nothing was taken."
    )


def of_refusals() -> dict[str, str]:
    """Every sentence by its code, "" for the rest."""
    return {**BY_CODE, "": declined(), "abandoned": ABANDONED}


def of_payment(payment: Payment | None) -> str:
    """Why the last try came to nothing; "" when it did not."""
    if payment is None:
        return ""
    if payment.status == PaymentStatus.FAILED:
        return BY_CODE.get(selectors.shown_decline_code(payment), declined())
    if payment.status == PaymentStatus.CANCELLED:
        return ABANDONED
    return ""
