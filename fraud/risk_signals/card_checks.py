"""What the bank and Stripe said of the card, once they were asked.

A check that was not made says nothing. Radar's level is one input among others: our score stays
explainable without it.
"""

from fraud.history.facts import Facts
from fraud.risk_signals.factor import Factor, Value, Values
from fraud.subject import CardFacts, Subject

STAGES = ("after",)
FACTORS = (
    Factor("radar", "Stripe's own risk level", values={"elevated": 45, "highest": 60}),
    Factor("cvc_check", "Wrong security code", values={"fail": 20}),
    Factor("postcode_check", "Wrong postcode", values={"fail": 10}),
    Factor("three_d_secure", "3-D Secure", values={"authenticated": -8}, adverse="none"),
)
WORDS = {
    ("cvc_check", "fail"): "The security code was wrong",
    ("postcode_check", "fail"): "The bank has another postcode for this card",
    ("three_d_secure", "authenticated"): "The bank confirmed the cardholder with 3-D Secure",
}


def values(subject: Subject, facts: Facts) -> Values:
    card = subject.card or CardFacts()
    return {
        "radar": card.risk_level or None,
        "cvc_check": card.cvc_check or None,
        "postcode_check": card.postcode_check or None,
        "three_d_secure": card.three_d_secure or None,
    }


def evidence(name: str, value: Value, subject: Subject, facts: Facts) -> str:
    if name != "radar":
        return WORDS.get((name, str(value)), f"The bank's answer: {value}")
    score = subject.card.risk_score if subject.card else None
    seen = f"Stripe calls the risk of this payment {value}"
    return seen if score is None else f"{seen} ({score} of 100)"
