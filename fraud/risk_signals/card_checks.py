"""What the bank and Stripe said of the card, once they were asked.

A check that was not made says nothing. Radar's level is one input among others: our score stays
explainable without it.
"""

from fraud.risk_signals.reading import Reading
from fraud.subject import CardFacts, Facts, Subject

STAGES = ("after",)
RADAR = {"normal": 0, "elevated": 45, "highest": 60}
CVC_FAILED = 20
POSTCODE_FAILED = 10
AUTHENTICATED = -8


def read(subject: Subject, facts: Facts) -> list[Reading]:
    card = subject.card or CardFacts()
    return [_radar(card), *_checks(card), *_three_d_secure(card)]


def _radar(card: CardFacts) -> Reading:
    if card.risk_level not in RADAR:
        return Reading("radar", None, 0, "Stripe's risk level isn't available")
    evidence = f"Stripe calls the risk of this payment {card.risk_level}"
    if card.risk_score is not None:
        evidence += f" ({card.risk_score} of 100)"
    return Reading("radar", card.risk_level, RADAR[card.risk_level], evidence)


def _checks(card: CardFacts) -> list[Reading]:
    readings = []
    if card.cvc_check == "fail":
        evidence = "The security code was wrong"
        readings.append(Reading("cvc_check", "fail", CVC_FAILED, evidence))
    if card.postcode_check == "fail":
        evidence = "The bank has another postcode for this card"
        readings.append(Reading("postcode_check", "fail", POSTCODE_FAILED, evidence))
    return readings


def _three_d_secure(card: CardFacts) -> list[Reading]:
    if card.three_d_secure != "authenticated":
        return []
    evidence = "The bank confirmed the cardholder with 3-D Secure"
    return [Reading("three_d_secure", "authenticated", AUTHENTICATED, evidence)]
