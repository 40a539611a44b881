"""The mail's queue as monitoring sees it."""

from datetime import timedelta

import pytest

from core.mail import metrics
from core.mail.models import Message
from tests.core.mail.letters import NOW, letter
from tests.metrics import numbers


@pytest.mark.django_db
class TestBacklog:
    def test_tells_what_waits_and_what_was_given_up(self, letter_templates):
        letter("first")
        given_up = letter("second")
        Message.objects.filter(pk=given_up.pk).update(state="dead")

        found = numbers(metrics.backlog(NOW + timedelta(seconds=90)))

        assert found["mail_waiting"] == {"fresh": 1, "again": 0}
        assert found["mail_oldest_waiting_seconds"] == 90
        assert found["mail_given_up"] == 1
