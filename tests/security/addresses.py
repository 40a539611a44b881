"""Every address that the site answers to, read from its URLconf, with the model of each page of the back office."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.urls import URLPattern, URLResolver, get_resolver

LIST_ACTS = ("changelist", "add")
ROW_ACTS = ("history", "delete", "change")
CATCH_ALL = "admin/(?P<url>.*)$"


@dataclass(frozen=True)
class Address:
    """`route` is as Django writes it; `name` with its namespace."""

    route: str
    name: str
    view: Any

    @property
    def model(self) -> str:
        """app.model of one of the standard pages of the back office; "" for any other address."""
        return _standard().get(self.name, ("", ""))[0]

    @property
    def act(self) -> str:
        return _standard().get(self.name, ("", ""))[1]


def every_address() -> list[Address]:
    return [each for each in _walk(get_resolver(), "", "") if not _is_redirect(each)]


def _walk(resolver: URLResolver, prefix: str, namespace: str) -> Iterator[Address]:
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield Address(route, namespace + (pattern.name or ""), pattern.callback)
        else:
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern, route, inner)


def _is_redirect(address: Address) -> bool:
    """A row's bare address, which only leads to its page."""
    return address.name == "admin:" and address.route.endswith("<path:object_id>/")


def _standard() -> dict[str, tuple[str, str]]:
    found = {}
    for model in admin.site._registry:
        meta = model._meta
        for act in (*LIST_ACTS, *ROW_ACTS):
            name = f"admin:{meta.app_label}_{meta.model_name}_{act}"
            found[name] = (f"{meta.app_label}.{meta.model_name}", act)
    return found
