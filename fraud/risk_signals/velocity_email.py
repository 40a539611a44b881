"""How often this mailbox tried to pay of late, and how often it was refused.

A second and third card after a refusal is what honest people do, so points begin with the third
earlier try.
"""

from fraud.risk_signals.reading import Reading, Steps, points_at, tries_in_words
from fraud.subject import Facts, Subject

STAGES = ("before", "after")
TRIES_HOUR: Steps = ((3, 8), (5, 22), (8, 35))
REFUSED_DAY: Steps = ((3, 8), (5, 20))


def read(subject: Subject, facts: Facts) -> list[Reading]:
    tries = facts.tries.get("email")
    if tries is None:
        return [Reading("velocity_email", None, 0, "There is no email address to compare")]
    points = points_at(tries.tries_hour, TRIES_HOUR) + points_at(tries.refused_day, REFUSED_DAY)
    value = {"tries_hour": tries.tries_hour, "refused_day": tries.refused_day}
    evidence = tries_in_words(tries, "with this email address")
    return [Reading("velocity_email", value, points, evidence)]
