"""Staff roles are groups; what each may do is defined once, in `config/admin.py`, and set after each migrate.

A permission is "app.codename", where * stands for any part. Nobody edits the groups by hand: the next migrate
puts them back.
"""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from django.db import transaction

_roles: dict[str, tuple[str, ...]] = {}


def define(roles: Mapping[str, Iterable[str]]) -> None:
    """The roles of this site, from now on."""
    _roles.clear()
    _roles.update({name: tuple(permissions) for name, permissions in roles.items()})


def names() -> list[str]:
    return list(_roles)


def addresses(name: str, *, but: str = "") -> list[str]:
    """Where the people of a role read their e-mail; who has no address there is left out, and so is the actor `but`."""
    from django.contrib.auth.models import User

    people = User.objects.filter(groups__name=name, is_active=True).exclude(email="")
    who = but.removeprefix("staff:")
    if but != who and who.isdecimal():
        people = people.exclude(pk=int(who))
    return sorted(people.values_list("email", flat=True).distinct())


def after_migrate(**_signal: Any) -> None:
    apply()


@transaction.atomic
def apply() -> None:
    """Make each role's group have exactly its permissions; those that no model has yet are left out."""
    from django.contrib.auth.models import Group, Permission

    known = {
        f"{app}.{codename}": key
        for key, app, codename in Permission.objects.values_list(
            "id", "content_type__app_label", "codename"
        )
    }
    for name, wanted in _roles.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.set(key for label, key in known.items() if _matches(label, wanted))


def _matches(label: str, wanted: tuple[str, ...]) -> bool:
    return any(fnmatchcase(label, pattern) for pattern in wanted)
