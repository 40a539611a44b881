"""Pages of long lists, and filters that need not read a table to know their choices."""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

COUNTED_MAX = 10_000
ROWS = 25

Choices = Sequence[tuple[Any, Any]]


class CountedSoFar(Paginator):
    """Counts no further than anybody leafs; the page says that there are more, and how to come to them."""

    template_name = "backoffice/admin/_pages.html"
    counted_max = COUNTED_MAX

    @property
    def limit_shown(self) -> str:
        return f"{self.counted_max:,}"

    @property
    def has_more(self) -> bool:
        return self._found > self.counted_max

    @cached_property
    def count(self) -> int:
        return min(self._found, self.counted_max)

    @cached_property
    def _found(self) -> int:
        assert isinstance(self.object_list, QuerySet)
        return self.object_list.order_by().values("pk")[: self.counted_max + 1].count()


def choosing(
    name: str, title: str, choices: Choices | Callable[[], Iterable[tuple[Any, Any]]]
) -> type[admin.SimpleListFilter]:
    """A filter of the field `name` whose choices are given; in the address as Django's own would be."""

    class Choosing(admin.SimpleListFilter):
        parameter_name = f"{name}__exact"

        def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[Any, Any]]:
            return choices() if callable(choices) else choices

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            return queryset.filter(**{name: self.value()}) if self.value() else queryset

    Choosing.title = title
    return Choosing
