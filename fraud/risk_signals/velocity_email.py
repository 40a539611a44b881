"""How often this mailbox tried to pay of late, and how often it was refused.

A second and third card after a refusal is what honest people do, so points begin with the third
earlier try.
"""

from core import formats
from fraud.risk_signals.reading import Reading, Steps, points_at
from fraud.subject import Facts, Subject

STAGES = ("before", "after")
TRIES_HOUR: Steps = ((3, 8), (5, 22), (8, 35))
REFUSED_DAY: Steps = ((3, 8), (5, 20))


def read(subject: Subject, facts: Facts) -> list[Reading]:
    tries = facts.tries.get("email")
    if tries is None:
        return [Reading("velocity_email", None, 0, "There is no e-mail address to compare")]
    points = points_at(tries.tries_hour, TRIES_HOUR) + points_at(tries.refused_day, REFUSED_DAY)
    value = {"tries_hour": tries.tries_hour, "refused_day": tries.refused_day}
    evidence = (
        f"{formats.counted(tries.tries_hour, 'earlier try', 'earlier tries')} in an hour with this e-mail address, "
        f"{tries.refused_day} refused in a day"
    )
    return [Reading("velocity_email", value, points, evidence)]
