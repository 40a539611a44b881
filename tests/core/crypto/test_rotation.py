"""Rotation reaches every sealed column, can be stopped, and reports what it could not open."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from core.crypto import keyring, rotation
from core.mail.models import Message
from tests.core.crypto.test_fields import column, overwrite
from tests.core.crypto.test_keyring import key
from tests.core.mail.letters import letter

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("letter_templates")]
RECIPIENT = Message._meta.get_field("recipient")


@pytest.fixture
def new_key(settings):
    """Puts a new key before the present one."""

    def put_first() -> None:
        settings.ENCRYPTION_KEY = f"{key('fresh')},{settings.ENCRYPTION_KEY}"

    return put_first


def run(*arguments: str) -> tuple[int, dict]:
    out = StringIO()
    try:
        call_command("rotate_keys", "--json", *arguments, stdout=out)
    except SystemExit as ended:
        return ended.code, json.loads(out.getvalue())
    return 0, json.loads(out.getvalue())


class TestSealedColumns:
    def test_finds_those_of_every_app(self):
        names = {
            f"{column.model._meta.db_table}.{column.column}" for column in rotation.sealed_columns()
        }

        assert {"mail_message.recipient", "mail_attachment.content"} <= names
        assert "idempotency_idempotencykey.answer" in names


class TestRotateKeys:
    def test_reseals_all_so_that_the_old_key_can_go(self, settings, new_key):
        kept = [letter(str(number)) for number in range(7)]
        new_key()

        status, report = run("--batch-size", "3")
        settings.ENCRYPTION_KEY = settings.ENCRYPTION_KEY.split(",")[0]

        assert (status, report["ok"], report["key"]) == (0, True, "fresh")
        assert {keyring.key_id_of(column(message.pk)) for message in kept} == {"fresh"}
        assert {message.recipient for message in Message.objects.all()} == {"ann@example.org"}

    def test_changes_nothing_the_second_time(self, new_key):
        letter()
        new_key()
        run()

        status, report = run()

        assert status == 0
        assert sum(tally["resealed"] for tally in report["columns"]) == 0

    def test_goes_on_where_it_was_stopped(self, new_key):
        for number in range(6):
            letter(str(number))
        new_key()
        batches = rotation._batches(RECIPIENT, 2)
        for pk, old in next(batches):
            rotation._reseal(RECIPIENT, pk, bytes(old), rotation.Tally("first"))

        tally = rotation.rotate(RECIPIENT, batch_size=2)

        assert tally.resealed == 4

    def test_lists_what_cannot_be_opened_and_leaves_it(self, new_key):
        good, bad = letter("good"), letter("bad")
        overwrite(bad.pk, column(good.pk))
        new_key()
        before = column(bad.pk)

        status, report = run()

        assert status == 1
        tally = next(t for t in report["columns"] if t["column"] == "mail_message.recipient")
        assert tally["unreadable"] == [str(bad.pk)]
        assert column(bad.pk) == before
        assert keyring.key_id_of(column(good.pk)) == "fresh"

    def test_lets_a_concurrent_write_win(self, new_key):
        kept = letter()
        stale = column(kept.pk)
        kept.recipient = "bob@example.org"
        kept.save()
        new_key()
        tally = rotation.Tally("recipient")

        rotation._reseal(RECIPIENT, kept.pk, stale, tally)

        assert (tally.resealed, tally.overtaken) == (0, 1)
        assert Message.objects.get(pk=kept.pk).recipient == "bob@example.org"

    def test_reports_a_table_that_refuses(self, new_key):
        letter()
        new_key()
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE mail_message ADD CONSTRAINT frozen CHECK (attempt < 0) NOT VALID"
            )

        tally = rotation.rotate(RECIPIENT, batch_size=10)

        assert tally.refused == "IntegrityError"
        assert not tally.done
