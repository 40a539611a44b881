"""The sample shop, which screens and benchmarks are filled with, breaks no rule."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection

from core import clock
from core.invariants import runner
from invoicing.models import Document

pytestmark = pytest.mark.django_db


class TestSampleShop:
    def test_is_in_order(self):
        call_command("load_sample_catalogue", bookings=400, verbosity=0)

        with connection.cursor() as cursor:
            report = runner.check(cursor, given=(), now=clock.now(), grace=timedelta(0))

        assert Document.objects.count() > 200
        assert report.violations == []
