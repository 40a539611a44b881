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


class TestKilled:
    def test_s78_goes_on_where_it_was_killed(self, new_key, monkeypatch):
        """Killed after its second batch; what is done stays done, and the next run does the rest."""
        for number in range(8):
            letter(str(number))
        new_key()
        batches = []

        def killed(point: str) -> None:
            batches.append(point)
            if len(batches) == 2:
                raise KeyboardInterrupt

        monkeypatch.setattr(rotation, "crash_point", killed)
        with pytest.raises(KeyboardInterrupt):
            rotation.rotate(RECIPIENT, batch_size=2)
        monkeypatch.setattr(rotation, "crash_point", lambda point: None)
        assert rotation.under_each_key(RECIPIENT)["fresh"] == 4

        tally = rotation.rotate(RECIPIENT, batch_size=2)

        assert tally.resealed == 4
        assert rotation.under_each_key(RECIPIENT) == {"fresh": 8}

    def test_says_how_far_it_is(self, new_key, capsys):
        for number in range(5):
            letter(str(number))
        new_key()
        heard = []

        rotation.rotate(
            RECIPIENT, batch_size=2, progress=lambda tally: heard.append(tally.resealed)
        )

        assert heard == [2, 4, 5]


class TestMixedNodes:
    """S78: some processes have the new ring, some still the old one; none may meet a value that it can't open."""

    OLD, NEW = key("old"), key("new")
    NOT_YET, FIRST, SECOND, LAST = OLD, f"{OLD},{NEW}", f"{NEW},{OLD}", NEW

    def met(self, settings, writers: list[str], readers: list[str]) -> list[str]:
        """What each reader makes of what each writer wrote."""
        found = []
        for number, writer in enumerate(writers):
            settings.ENCRYPTION_KEY = writer
            kept = letter(f"{number}")
            for reader in readers:
                settings.ENCRYPTION_KEY = reader
                try:
                    found.append(Message.objects.get(pk=kept.pk).recipient)
                except keyring.Unreadable as error:
                    found.append(type(error).__name__)
        return found

    @pytest.mark.parametrize(
        "together", [(NOT_YET, FIRST), (FIRST, SECOND)], ids=["known", "written"]
    )
    def test_s78_read_each_other_in_both_phases(self, settings, together):
        assert set(self.met(settings, list(together), list(together))) == {"ann@example.org"}

    def test_s78_would_not_without_the_first_phase(self, settings):
        """The twin: the new key in front before everybody knows it."""
        together = [self.NOT_YET, self.SECOND]

        assert "UnknownKey" in self.met(settings, together, together)

    def test_s78_read_on_while_all_is_resealed(self, settings):
        settings.ENCRYPTION_KEY = self.FIRST
        kept = [letter(str(number)) for number in range(6)]
        settings.ENCRYPTION_KEY = self.SECOND
        seen: list[str] = []

        def read(_tally: rotation.Tally) -> None:
            for ring in (self.FIRST, self.SECOND):
                settings.ENCRYPTION_KEY = ring
                seen.extend(Message.objects.get(pk=each.pk).recipient for each in kept)

        rotation.rotate(RECIPIENT, batch_size=2, progress=read)
        settings.ENCRYPTION_KEY = self.LAST

        assert len(seen) == 3 * 2 * 6
        assert set(seen) == {"ann@example.org"}
        assert {Message.objects.get(pk=each.pk).recipient for each in kept} == {"ann@example.org"}


class TestCheckOnly:
    def test_counts_and_changes_nothing(self, new_key):
        for number in range(3):
            letter(str(number))
        writing = keyring.ring().writing_id
        new_key()

        status, report = run("--check")

        assert status == 0
        assert report["columns"]["mail_message.recipient"] == {writing: 3}
        assert report["key"] == "fresh"
