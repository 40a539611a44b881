"""How it was, 1 to 5: a mailed link gives one mark, which may be changed and counts once."""

from __future__ import annotations

import datetime as dt

from core.crypto.index import keyed_digest
from core.errors import Invalid, NotFound
from courses.models import Rating
from courses.models.after import SCORE_MAX

LINK = "courses.rating.link"


class RatingNotFound(NotFound):
    code = "rating_not_found"
    detail = "We can’t find that course. Check the link we emailed."


def by_link(link: str) -> Rating:
    """Raises RatingNotFound."""
    found = (
        Rating.objects.select_related("session__course", "session__venue")
        .filter(link_digest=keyed_digest(link, purpose=LINK))
        .first()
    )
    if found is None:
        raise RatingNotFound
    return found


def give(*, link: str, score: str, now: dt.datetime) -> Rating:
    """Raises RatingNotFound, and Invalid for what is no mark; then nothing has changed."""
    rating = by_link(link)
    if not is_score(score):
        raise Invalid(fields={"score": [f"Choose a number from 1 to {SCORE_MAX}"]})
    rating.give(int(score), now=now)
    return rating


def is_score(text: str) -> bool:
    return text in [str(number) for number in range(1, SCORE_MAX + 1)]
