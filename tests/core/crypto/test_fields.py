"""A sealed field is plain on its row and ciphertext everywhere else."""

import pytest
from django.core.exceptions import FieldError
from django.db import connection, models, transaction
from django.test.utils import isolate_apps

from core.crypto import keyring
from core.crypto.fields import NotSealed, Sealed, SealedJSONField, SealedTextField, readable
from core.idempotency.models import IdempotencyKey
from core.mail.models import Message
from tests.core.mail.letters import NOW, letter

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("letter_templates")]


def column(pk, name="recipient", table="mail_message") -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {name} FROM {table} WHERE id = %s", [pk])
        return bytes(cursor.fetchone()[0])


def overwrite(pk, data: bytes, name="recipient") -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE mail_message SET {name} = %s WHERE id = %s", [data, pk])


class TestSealedTextField:
    def test_is_plain_on_the_row(self):
        kept = letter()

        assert kept.recipient == "ann@example.org"
        assert Message.objects.get(pk=kept.pk).recipient == "ann@example.org"

    def test_is_ciphertext_in_the_column(self):
        kept = letter()

        assert b"ann" not in column(kept.pk)
        assert (
            keyring.open(column(kept.pk), f"mail_message|recipient|{kept.pk}") == b"ann@example.org"
        )

    def test_stays_sealed_without_its_row(self):
        letter()

        for value in (
            Message.objects.values("recipient")[0]["recipient"],
            Message.objects.values_list("recipient", flat=True)[0],
        ):
            assert isinstance(value, Sealed)
            assert str(value) == repr(value) == "<sealed>"

    def test_opens_when_it_was_deferred(self):
        kept = letter()

        assert Message.objects.defer("recipient").get(pk=kept.pk).recipient == "ann@example.org"

    def test_keeps_its_ciphertext_when_only_something_else_is_saved(self):
        kept = letter()
        before = column(kept.pk)

        row = Message.objects.get(pk=kept.pk)
        assert row.recipient
        row.save()

        assert column(kept.pk) == before

    def test_seals_anew_what_was_assigned(self):
        kept = letter()
        before = column(kept.pk)

        kept.recipient = "bob@example.org"
        kept.save()

        assert column(kept.pk) != before
        assert Message.objects.get(pk=kept.pk).recipient == "bob@example.org"

    def test_seals_the_empty_text_too(self):
        kept = letter()
        kept.text = ""
        kept.save()

        assert column(kept.pk, "text") != b""
        assert Message.objects.get(pk=kept.pk).text == ""

    def test_refuses_a_value_of_another_row(self):
        first, second = letter("a"), letter("b", to="bob@example.org")
        overwrite(first.pk, column(second.pk))

        with pytest.raises(keyring.Tampered):
            assert Message.objects.get(pk=first.pk).recipient

    def test_refuses_a_value_of_another_column(self):
        kept = letter()
        overwrite(kept.pk, column(kept.pk, "subject"))

        with pytest.raises(keyring.Tampered):
            assert Message.objects.get(pk=kept.pk).recipient

    def test_refuses_plain_text_in_the_column(self):
        kept = letter()
        overwrite(kept.pk, b"mallory@example.org")

        with pytest.raises(keyring.Unreadable):
            assert Message.objects.get(pk=kept.pk).recipient

    def test_refuses_an_unknown_key_without_failing_a_list(self, settings):
        kept = letter()
        settings.ENCRYPTION_KEY = "k2:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

        row = Message.objects.get(pk=kept.pk)
        with pytest.raises(keyring.UnknownKey):
            assert row.recipient
        assert readable(row, "recipient") == "unreadable"

    def test_refuses_to_be_updated_past_its_row(self):
        kept = letter()

        with pytest.raises(NotSealed), transaction.atomic():
            Message.objects.update(recipient="mallory@example.org")
        kept.recipient = "mallory@example.org"
        with pytest.raises(NotSealed), transaction.atomic():
            Message.objects.bulk_update([kept], ["recipient"])

        assert Message.objects.get(pk=kept.pk).recipient == "ann@example.org"

    def test_takes_an_update_that_is_sealed_for_its_row(self):
        kept = letter()
        field = Message._meta.get_field("recipient")

        Message.objects.filter(pk=kept.pk).update(
            recipient=field.sealed_for(kept.pk, "bob@example.org")
        )

        assert Message.objects.get(pk=kept.pk).recipient == "bob@example.org"

    @pytest.mark.parametrize("lookup", ["recipient", "recipient__contains", "recipient__in"])
    def test_refuses_to_be_looked_up(self, lookup):
        with pytest.raises(FieldError):
            list(Message.objects.filter(**{lookup: ["x"]}))

    def test_is_never_serialised(self):
        from django.core import serializers

        letter()

        with pytest.raises(Exception, match="plain text"):
            serializers.serialize("json", Message.objects.all())


class TestSealedJSONField:
    def test_gives_back_plain_data(self):
        row = IdempotencyKey(
            scope="s",
            key="k",
            fingerprint="f",
            locked_until=NOW,
            expires_at=NOW,
            answered_at=NOW,
            answer={"status": 201, "body": "é"},
        )
        row.save()

        assert IdempotencyKey.objects.get().answer == {"status": 201, "body": "é"}
        assert b"status" not in column(row.pk, "answer", "idempotency_idempotencykey")

    def test_is_null_in_the_column_for_none(self):
        IdempotencyKey(scope="s", key="k", fingerprint="f", locked_until=NOW, expires_at=NOW).save()

        assert IdempotencyKey.objects.filter(answer__isnull=True).count() == 1


class TestCheck:
    @isolate_apps("core.crypto")
    def test_wants_a_key_made_by_the_application(self):
        class Numbered(models.Model):  # noqa: DJ008
            secret = SealedTextField()
            more = SealedJSONField(null=True)

            class Meta:
                app_label = "crypto"

        assert [error.id for error in Numbered.check()] == ["core.E040", "core.E040"]
