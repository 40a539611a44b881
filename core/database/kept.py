"""Questions that are asked again and again: what Django makes of one is kept, and only the moment is new.

To turn a queryset into SQL takes longer than the database needs to answer it. Nothing of an answer is kept.
"""

import datetime as dt
from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

KEPT_MAX = 512
# Stands in a kept statement where the present moment goes.
MOMENT = dt.datetime.max.replace(tzinfo=dt.UTC)

Question = Callable[..., QuerySet[Any, Any]]


def rows(question: Question, *wishes: Hashable, now: dt.datetime) -> list[tuple[Any, ...]]:
    """What `question(*wishes, now=now)`, a `values_list`, finds, as the database's own values.

    The question must be a function of the wishes and of `now`, and use `now` as a value as it is.
    """
    kept = _statement(question, wishes)
    if kept is None:
        return []
    statement, values = kept
    with connection.cursor() as cursor:
        cursor.execute(statement, [now if each == MOMENT else each for each in values])
        return cursor.fetchall()


@lru_cache(maxsize=KEPT_MAX)
def _statement(question: Question, wishes: tuple[Hashable, ...]) -> tuple[str, tuple] | None:
    """None for a question that nothing can answer, such as one for the dates in no town."""
    try:
        return question(*wishes, now=MOMENT).query.sql_with_params()
    except EmptyResultSet:
        return None
