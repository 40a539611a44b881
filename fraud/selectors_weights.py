"""The weight sets as the back office reads them, and what one that runs beside would have changed."""

from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

from core.errors import NotFound
from fraud.models import Assessment, WeightSetRow, WeightState

SETS_MAX = 200
BESIDE_DAYS = timedelta(days=30)
BESIDE_MAX = 10_000


class WeightSetNotFound(NotFound):
    code = "weight_set_not_found"
    detail = "We can’t find that weight set."


def weight_sets() -> list[WeightSetRow]:
    """What is in force first, then the latest proposal."""
    in_force = {WeightState.LIVE: 0, WeightState.SHADOW: 1}
    rows = WeightSetRow.objects.defer("weights").order_by("-proposed_at", "-id")[:SETS_MAX]
    return sorted(rows, key=lambda row: in_force.get(WeightState(row.state), 2))


def weight_set(weight_set_id: UUID | str) -> WeightSetRow:
    try:
        return WeightSetRow.objects.get(id=weight_set_id)
    except WeightSetRow.DoesNotExist:
        raise WeightSetNotFound from None


def in_state(state: str) -> WeightSetRow | None:
    return WeightSetRow.objects.defer("weights").filter(state=state).first()


def beside(*, version: str, now: datetime) -> tuple[int, Counter[tuple[str, str]]]:
    """How many of the last month's judgements it ran beside, and where it would have ended otherwise
    by (band, its band)."""
    judged = Assessment.objects.filter(
        assessed_at__gt=now - BESIDE_DAYS, assessed_at__lte=now, shadow__version=version
    ).order_by("-assessed_at")
    bands = Counter(judged.values_list("band", "shadow__band")[:BESIDE_MAX])
    return bands.total(), Counter(
        {each: number for each, number in bands.items() if each[0] != each[1]}
    )
