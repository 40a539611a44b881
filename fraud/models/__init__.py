"""What fraud keeps: judgements that never change, what became of tries, cases for a person."""

from fraud.models.alarm import SiteAlarm
from fraud.models.assessment import Assessment, FraudAttempt
from fraud.models.blacklist import BlacklistEntry, NotOnTheList
from fraud.models.outcome import Outcome
from fraud.models.profile import KeyProfile, PendingOutcome, WeightSetRow, WeightState
from fraud.models.review import AlreadyDecided, ReviewCase, ReviewTransition, ReviewWatch

__all__ = [
    "AlreadyDecided",
    "Assessment",
    "BlacklistEntry",
    "FraudAttempt",
    "KeyProfile",
    "NotOnTheList",
    "Outcome",
    "PendingOutcome",
    "ReviewCase",
    "ReviewTransition",
    "ReviewWatch",
    "SiteAlarm",
    "WeightSetRow",
    "WeightState",
]
