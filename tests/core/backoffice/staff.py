"""Staff of each role, for tests."""

from django.contrib.auth.models import Group, User

from core.backoffice import roles


def of_role(role: str) -> User:
    roles.apply()
    user, _ = User.objects.get_or_create(username=f"{role}-person", defaults={"is_staff": True})
    user.groups.set([Group.objects.get(name=role)])
    return user
