"""Whom an entry of the history names, as colleagues call them."""

from collections.abc import Iterable

from django.http import HttpRequest

STAFF = "staff:"


def actor(request: HttpRequest) -> str:
    """One person, one name in every history."""
    return f"{STAFF}{request.user.pk}"


def names(actors: Iterable[str], request: HttpRequest) -> dict[str, str]:
    """A name for each, in one query: "you", a colleague's, or who else it was."""
    from django.contrib.auth.models import User

    wanted = set(actors)
    keys = {each.removeprefix(STAFF) for each in wanted if each.startswith(STAFF)}
    known = User.objects.in_bulk([int(key) for key in keys if key.isdecimal()])
    called = {f"{STAFF}{key}": user.get_full_name() or user.username for key, user in known.items()}
    called[actor(request)] = "you"
    return {each: called.get(each, each.removeprefix(STAFF)) for each in wanted}
