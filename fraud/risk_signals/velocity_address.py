"""How often this internet address tried to pay of late.

Offices and schools share one address, so this signal alone must never send anybody to review:
base and its largest points together stay under the band (a system check and a test hold it).
"""

from fraud.risk_signals.reading import Reading, Steps, points_at, tries_in_words
from fraud.subject import Facts, Subject

STAGES = ("before", "after")
TRIES_HOUR: Steps = ((10, 6), (20, 12))
REFUSED_DAY: Steps = ((5, 8), (10, 18))
LARGEST = TRIES_HOUR[-1][1] + REFUSED_DAY[-1][1]


def read(subject: Subject, facts: Facts) -> list[Reading]:
    tries = facts.tries.get("address")
    if tries is None:
        return [Reading("velocity_address", None, 0, "The connection's address isn't known")]
    points = points_at(tries.tries_hour, TRIES_HOUR) + points_at(tries.refused_day, REFUSED_DAY)
    value = {"tries_hour": tries.tries_hour, "refused_day": tries.refused_day}
    evidence = tries_in_words(tries, "from this connection")
    return [Reading("velocity_address", value, points, evidence)]
