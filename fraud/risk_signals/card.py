"""The card: what kind it is, and what the bank and Stripe said of it once they were asked.

A check that was not made says nothing. Radar's level is one input among others: our score stays
explainable without it. What the card did before is feedback's and velocity's.
"""

from fraud.history.facts import Facts
from fraud.risk_signals.factor import Factor, Value, Values
from fraud.subject import CardFacts, Subject

STAGES = ("before", "after")
FACTORS = (
    Factor("card_funding", "Prepaid card", values={"prepaid": 6}),
    Factor("radar", "Stripe’s own risk level", values={"elevated": 45, "highest": 60}),
    Factor("cvc_check", "Wrong security code", values={"fail": 20}),
    Factor("postcode_check", "Wrong postcode", values={"fail": 10}),
    Factor("three_d_secure", "3-D Secure", values={"authenticated": -8}, adverse="none"),
)
# Radar's own bounds, for an account that is told the score but not the level.
RADAR_ELEVATED_FROM, RADAR_HIGHEST_FROM = 65, 75
CHECKED = frozenset({"pass", "fail"})
WORDS = {
    ("card_funding", "prepaid"): "A prepaid card: it can be bought without a name",
    ("cvc_check", "fail"): "The security code was wrong",
    ("cvc_check", "pass"): "The security code was right",
    ("postcode_check", "fail"): "The bank has another postcode for this card",
    ("postcode_check", "pass"): "The postcode is the bank’s",
    ("three_d_secure", "authenticated"): "The bank confirmed the cardholder with 3-D Secure",
}


def values(subject: Subject, facts: Facts) -> Values:
    """Before the bank was asked only the kind of card is known."""
    card = subject.card or CardFacts()
    found: Values = {"card_funding": _said(card.funding)}
    if subject.stage == "after":
        found |= {
            "radar": _level(card),
            "cvc_check": _check(card.cvc_check),
            "postcode_check": _check(card.postcode_check),
            "three_d_secure": card.three_d_secure or None,
        }
    return found


def evidence(name: str, value: Value, subject: Subject, facts: Facts) -> str:
    if value is None:
        return "Not known"
    if name == "card_funding":
        return WORDS.get((name, str(value)), f"A {value} card")
    if name != "radar":
        return WORDS.get((name, str(value)), f"The bank’s answer: {value}")
    score = subject.card.risk_score if subject.card else None
    seen = f"Stripe calls the risk of this payment {value}"
    return seen if score is None else f"{seen} ({score} of 100)"


def _said(word: str) -> str | None:
    return word if word and word != "unknown" else None


def _check(answer: str) -> str | None:
    """Unavailable and unchecked are no answer."""
    return answer if answer in CHECKED else None


def _level(card: CardFacts) -> str | None:
    level = card.risk_level
    if level and level not in ("unknown", "not_assessed"):
        return level
    if card.risk_score is None:
        return None
    if card.risk_score >= RADAR_HIGHEST_FROM:
        return "highest"
    return "elevated" if card.risk_score >= RADAR_ELEVATED_FROM else "normal"
