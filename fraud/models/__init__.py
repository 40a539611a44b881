"""What fraud keeps: judgements that never change, what became of tries, cases for a person."""

from fraud.models.assessment import Assessment, FraudAttempt
from fraud.models.blacklist import BlacklistEntry, NotOnTheList
from fraud.models.outcome import KeyCount, Outcome
from fraud.models.review import AlreadyDecided, ReviewCase, ReviewTransition, ReviewWatch

__all__ = [
    "AlreadyDecided",
    "Assessment",
    "BlacklistEntry",
    "FraudAttempt",
    "KeyCount",
    "NotOnTheList",
    "Outcome",
    "ReviewCase",
    "ReviewTransition",
    "ReviewWatch",
]
