"""Groups have exactly what the wiring says, after every migrate."""

import pytest
from django.contrib.auth.models import Group, Permission

from core.backoffice import roles
from tests.core.backoffice import staff

pytestmark = pytest.mark.django_db


class TestApply:
    def test_makes_a_group_for_each_role(self):
        roles.apply()

        assert set(Group.objects.values_list("name", flat=True)) == set(roles.names())

    def test_takes_away_what_somebody_added_by_hand(self):
        roles.apply()
        office = Group.objects.get(name="office")
        office.permissions.add(Permission.objects.get(codename="delete_user"))

        roles.apply()

        assert not office.permissions.filter(codename="delete_user").exists()

    @pytest.mark.parametrize(
        ("role", "permission", "has_it"),
        [
            ("office", "courses.view_booking", True),
            ("office", "fraud.change_reviewcase", True),
            ("office", "sagas.view_sagarun", False),
            ("office", "auth.change_user", False),
            ("approver", "fraud.change_reviewcase", True),
            ("approver", "auth.change_user", False),
            ("ops", "outbox.view_message", True),
            ("ops", "fraud.change_reviewcase", False),
            ("ops", "fraud.view_reviewcase", False),
            ("ops", "auth.change_user", False),
            ("owner", "auth.change_user", True),
            ("owner", "fraud.change_reviewcase", True),
        ],
    )
    def test_gives_each_role_its_own(self, role, permission, has_it):
        assert staff.of_role(role).has_perm(permission) is has_it
