"""Stripe's test cards: what each number does. No other number is taken."""

import hashlib
from dataclasses import dataclass, replace

from . import errors


@dataclass(frozen=True)
class Decline:
    code: str
    decline_code: str = ""

    @property
    def message(self) -> str:
        return MESSAGES.get(self.decline_code) or MESSAGES.get(self.code, MESSAGES["card_declined"])


@dataclass(frozen=True)
class Card:
    number: str
    country: str = "US"
    funding: str = "credit"
    decline: Decline | None = None
    three_d_secure: str = "not_enrolled"  # or "optional", "required", "unsupported"
    decline_after_challenge: Decline | None = None
    lookup_fails: bool = False
    risk_level: str = "normal"
    risk_score: int = 12
    blocked: bool = False
    cvc_check: str = "pass"
    postcode_check: str = "pass"
    disputes: tuple[str, ...] = ()
    inquiry: bool = False
    early_fraud_warning: bool = False
    refund: str = ""  # or "pending", "fails"

    @property
    def brand(self) -> str:
        return brand_of(self.number)

    @property
    def last4(self) -> str:
        return self.number[-4:]

    @property
    def fingerprint(self) -> str:
        """The same for the same number, and no way back to it."""
        return hashlib.sha256(f"sandbox:{self.number}".encode()).hexdigest()[:16]


MESSAGES = {
    "card_declined": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "incorrect_number": "Your card number is incorrect.",
    "processing_error": (
        "An error occurred while processing your card. Try again in a little bit."
    ),
    "card_velocity_exceeded": (
        "Your card was declined for making repeated attempts too frequently or exceeding its"
        " amount limit."
    ),
    "authentication_required": (
        "Your card was declined. This transaction requires authentication."
    ),
    "live_mode_test_card": "Your card was declined. Your request was in live mode.",
    "test_mode_live_card": (
        "Your card was declined. Your request was in test mode, but used a non test (live) card."
        " For a list of valid test cards, visit: https://stripe.com/docs/testing."
    ),
}


def _declined(number: str, decline_code: str) -> Card:
    return Card(number, decline=Decline("card_declined", decline_code))


ALL = (
    Card("4242424242424242"),
    Card("4000008260000000", country="GB"),
    Card("4000056655665556", funding="debit"),
    Card("5555555555554444"),
    Card("5200828282828210", funding="debit"),
    Card("5555558265554449", country="GB"),
    Card("378282246310005", three_d_secure="unsupported"),
    Card("6011111111111117"),
    _declined("4000000000000002", "generic_decline"),
    _declined("4000000000009995", "insufficient_funds"),
    _declined("4000000000009987", "lost_card"),
    _declined("4000000000009979", "stolen_card"),
    _declined("4000000000006975", "card_velocity_exceeded"),
    Card("4000000000000069", decline=Decline("expired_card")),
    Card("4000000000000127", decline=Decline("incorrect_cvc"), cvc_check="fail"),
    Card("4000000000000119", decline=Decline("processing_error")),
    Card("4100000000000019", risk_level="highest", risk_score=95, blocked=True),
    Card("4000000000004954", risk_level="highest", risk_score=85),
    Card("4000000000009235", risk_level="elevated", risk_score=70),
    Card("4000000000000101", cvc_check="fail"),
    Card("4000000000000036", postcode_check="fail"),
    Card("4000000000003055", three_d_secure="optional"),
    Card("4000002760003184", country="DE", three_d_secure="required"),
    Card("4000002500003155", country="FR", three_d_secure="required"),
    Card("4000000000003220", three_d_secure="required"),
    Card(
        "4000008260003178",
        country="GB",
        three_d_secure="required",
        decline_after_challenge=Decline("card_declined", "insufficient_funds"),
    ),
    Card(
        "4000008400001629",
        three_d_secure="required",
        decline_after_challenge=Decline("card_declined", "generic_decline"),
    ),
    Card("4000008400001280", three_d_secure="required", lookup_fails=True),
    Card("4000000000000259", disputes=("fraudulent",)),
    Card("4000000000002685", disputes=("product_not_received",)),
    Card("4000000000001976", disputes=("fraudulent",), inquiry=True),
    Card("4000000404000079", disputes=("product_not_received", "fraudulent")),
    Card("4000000000005423", early_fraud_warning=True),
    Card("4000000000007726", refund="pending"),
    Card("4000000000005126", refund="fails"),
)

BY_NUMBER = {card.number: card for card in ALL}
BY_FINGERPRINT = {card.fingerprint: card for card in ALL}

BY_NAME = {
    "pm_card_visa": "4242424242424242",
    "pm_card_gb": "4000008260000000",
    "pm_card_visa_debit": "4000056655665556",
    "pm_card_mastercard": "5555555555554444",
    "pm_card_amex": "378282246310005",
    "pm_card_discover": "6011111111111117",
    "pm_card_chargeDeclined": "4000000000000002",
    "pm_card_visa_chargeDeclined": "4000000000000002",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_visa_chargeDeclinedLostCard": "4000000000009987",
    "pm_card_visa_chargeDeclinedStolenCard": "4000000000009979",
    "pm_card_visa_chargeDeclinedVelocityLimitExceeded": "4000000000006975",
    "pm_card_chargeDeclinedExpiredCard": "4000000000000069",
    "pm_card_chargeDeclinedIncorrectCvc": "4000000000000127",
    "pm_card_chargeDeclinedProcessingError": "4000000000000119",
    "pm_card_chargeDeclinedFraudulent": "4100000000000019",
    "pm_card_radarBlock": "4100000000000019",
    "pm_card_riskLevelHighest": "4000000000004954",
    "pm_card_riskLevelElevated": "4000000000009235",
    "pm_card_cvcCheckFail": "4000000000000101",
    "pm_card_avsZipFail": "4000000000000036",
    "pm_card_threeDSecureOptional": "4000000000003055",
    "pm_card_threeDSecure2Required": "4000000000003220",
    "pm_card_threeDSecureRequired": "4000000000003220",
    "pm_card_authenticationRequired": "4000002760003184",
    "pm_card_authenticationRequiredOnSetup": "4000002500003155",
    "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds": "4000008260003178",
    "pm_card_threeDSecureRequiredChargeDeclined": "4000008400001629",
    "pm_card_threeDSecureRequiredProcessingError": "4000008400001280",
    "pm_card_createDispute": "4000000000000259",
    "pm_card_createDisputeProductNotReceived": "4000000000002685",
    "pm_card_createDisputeInquiry": "4000000000001976",
    "pm_card_createMultipleDisputes": "4000000404000079",
    "pm_card_createIssuerFraudRecord": "4000000000005423",
    "pm_card_pendingRefund": "4000000000007726",
    "pm_card_refundFail": "4000000000005126",
}  # fmt: skip


def by_name(name: str) -> Card | None:
    number = BY_NAME.get(name)
    return BY_NUMBER[number] if number else None


def by_fingerprint(fingerprint: str) -> Card:
    return BY_FINGERPRINT[fingerprint]


def typed(number: str, month: int, year: int, cvc: str | None, today: tuple[int, int]) -> Card:
    """The card behind typed details; refuses what Stripe refuses before it asks any bank."""
    digits = number.replace(" ", "")
    if not digits.isdigit() or not luhn(digits):
        raise _card_error("incorrect_number", MESSAGES["incorrect_number"], "number")
    if not 1 <= month <= 12:
        raise _card_error(
            "invalid_expiry_month", "Your card's expiration month is invalid.", "exp_month"
        )
    if (year, month) < today:
        raise _card_error(
            "invalid_expiry_year", "Your card's expiration year is invalid.", "exp_year"
        )
    if cvc is not None and not (cvc.isdigit() and len(cvc) in (3, 4)):
        raise _card_error("invalid_cvc", "Your card's security code is invalid.", "cvc")
    card = BY_NUMBER.get(digits)
    if card is None:
        raise _card_error(
            "card_declined", MESSAGES["test_mode_live_card"], None, "test_mode_live_card"
        )
    return card if cvc is not None else replace(card, cvc_check="")


def luhn(digits: str) -> bool:
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if position % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0 and len(digits) >= 12


def brand_of(number: str) -> str:
    if number.startswith(("34", "37")):
        return "amex"
    if number.startswith("6"):
        return "discover"
    return "visa" if number.startswith("4") else "mastercard"


def _card_error(
    code: str, message: str, param: str | None, decline_code: str | None = None
) -> errors.StripeError:
    return errors.StripeError(
        402, "card_error", message, code=code, param=param, kept=True, decline_code=decline_code
    )
