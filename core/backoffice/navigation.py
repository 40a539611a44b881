"""The sidebar: sections of links to lists, each shown to those who may open it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from core.backoffice import badges


@dataclass(frozen=True)
class Link:
    """A list of the back office, by its model ("app.model"); `also` are models shown as tabs beside it."""

    title: str
    icon: str
    model: str
    badge: str = ""
    query: str = ""
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    title: str
    links: tuple[Link, ...]


def sidebar(request: HttpRequest, sections: Iterable[Section]) -> list[dict[str, Any]]:
    """In the form that Unfold takes; what the person may not open is not there."""
    allowed = [
        (section, [link for link in section.links if may_open(request, link.model)])
        for section in sections
    ]
    waiting = badges.waiting([link.badge for _, links in allowed for link in links if link.badge])
    today = {"title": "Today", "icon": "today", "link": reverse("admin:index")}
    return [
        {"items": [today]},
        *(
            {"title": section.title, "items": [_item(request, link, waiting) for link in links]}
            for section, links in allowed
            if links
        ),
    ]


def tabs(request: HttpRequest, lists: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Lists that belong together, as tabs above each of them."""
    shown = [(title, model) for title, model in lists if may_open(request, model)]
    return {
        "models": [model for _, model in shown],
        "items": [
            {
                "title": title,
                "link": list_url(model),
                "active": request.path.startswith(list_url(model)),
            }
            for title, model in shown
        ],
    }


def may_open(request: HttpRequest, model: str) -> bool:
    """Whether the list exists in this site and the person may see it."""
    app, name = model.split(".")
    user = request.user
    permitted = user.has_perm(f"{app}.view_{name}") or user.has_perm(f"{app}.change_{name}")
    return permitted and any(each._meta.label_lower == model for each in admin.site._registry)


def list_url(model: str) -> str:
    app, name = model.split(".")
    return reverse(f"admin:{app}_{name}_changelist")


def row_url(model: str, key: UUID) -> str:
    app, name = model.split(".")
    return reverse(f"admin:{app}_{name}_change", args=[key])


def _item(request: HttpRequest, link: Link, waiting: dict[str, int]) -> dict[str, Any]:
    item: dict[str, Any] = {
        "title": link.title,
        "icon": link.icon,
        "link": list_url(link.model) + link.query,
    }
    here = [list_url(model) for model in (link.model, *link.also) if may_open(request, model)]
    item["active"] = any(request.path.startswith(url) for url in here)
    if waiting.get(link.badge):
        item |= {"badge": waiting[link.badge], "badge_variant": "danger", "badge_style": "solid"}
    return item
