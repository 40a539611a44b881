"""Sample bookings leave behind what real ones would: judgements, outcomes, and the profiles made of them."""

import pytest
from django.core.management import call_command

from core import clock
from fraud.models import Assessment, KeyProfile, Outcome, PendingOutcome
from fraud.services import assessments, profiles
from tests.fraud.builders import NOW, subject

pytestmark = pytest.mark.django_db


class TestSampleHistory:
    def test_leaves_the_profiles_that_its_outcomes_make(self):
        call_command("load_sample_catalogue", bookings=60, verbosity=0)
        left = dict(KeyProfile.objects.values_list("key", "state"))

        profiles.rebuild(now=clock.now())

        assert Outcome.objects.count() > 50
        assert not PendingOutcome.objects.exists()
        assert left == dict(KeyProfile.objects.values_list("key", "state"))
        assert {"course", "email", "site"} <= set(
            KeyProfile.objects.values_list("key_kind", flat=True)
        )

    def test_is_known_to_the_next_judgement(self):
        call_command("load_sample_catalogue", bookings=60, verbosity=0)
        course = Assessment.objects.values_list("course", flat=True).first()

        judged = assessments.assess(subject=subject(course=course), now=NOW)

        assert judged.keys["course"] in KeyProfile.objects.values_list("key", flat=True)
