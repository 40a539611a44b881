"""A message is a row of the caller's transaction: one for each dedupe key, sealed, in one line and in order."""

import pytest
from django.db import connection, transaction

from core.audit import selectors as audit
from core.mail import selectors, services
from core.mail.attachments import Attachment, AttachmentReference
from core.mail.models import Attachment as Row
from core.mail.models import Message, MessageState
from tests.core.mail.letters import NOW, letter

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("letter_templates")]


class TestSend:
    def test_queues_a_rendered_message(self):
        message = letter()

        assert (message.state, message.attempt, message.due_at) == (MessageState.QUEUED, 0, NOW)
        assert message.text.startswith("Hello Ann <b>.\n")
        assert "<p>Hello Ann &lt;b&gt;.</p>" in message.html

    def test_is_lost_with_its_transaction(self):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            letter()
            raise ZeroDivisionError

        assert not Message.objects.exists()

    def test_writes_nothing_for_a_repeated_key(self):
        first = letter(attachments=[Attachment("a.txt", "text/plain", b"a")])

        second = letter(to="bob@example.org", attachments=[Attachment("b.txt", "text/plain", b"b")])

        assert second.pk == first.pk
        assert Message.objects.get().recipient == "ann@example.org"
        assert Row.objects.count() == 1

    def test_keeps_no_plain_address_or_word_in_the_table(self):
        letter()

        with connection.cursor() as cursor:
            cursor.execute("SELECT row_to_json(m)::text FROM mail_message m")
            dump = cursor.fetchone()[0]
        assert "ann" not in dump.lower()
        assert b"Booked".hex() not in dump

    def test_nudges_the_sender_once_on_commit(self, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks() as callbacks:
            letter("a")
            letter("b")

        assert len(callbacks) == 1

    @pytest.mark.parametrize(
        "bad", ["", "ann", "ann@x\nBcc: all@example.org", "a@b", "a b@example.org"]
    )
    def test_refuses_a_bad_address(self, bad):
        with pytest.raises(services.BadRecipient):
            letter(to=bad)

        assert not Message.objects.exists()

    def test_makes_one_line_of_the_subject(self):
        message = letter(subject="Booked\r\nBcc: everyone@example.org\x00\u2028x")

        assert message.subject == "Booked Bcc: everyone@example.org x"

    def test_keeps_small_files_sealed_and_large_ones_by_reference(self):
        message = letter(
            attachments=[
                Attachment("booking.ics", "text/calendar", b"BEGIN:VCALENDAR"),
                AttachmentReference("invoicing.pdf", "42"),
            ]
        )

        calendar, invoice = message.attachments.order_by("pk")
        assert (calendar.content, calendar.provider) == (b"BEGIN:VCALENDAR", "")
        assert (invoice.content, invoice.provider, invoice.provided_id) == (
            None,
            "invoicing.pdf",
            "42",
        )

    def test_refuses_to_keep_a_large_file(self):
        with pytest.raises(ValueError, match="provider"):
            Attachment("a.pdf", "application/pdf", b"x" * 300_000)


class TestResend:
    def test_makes_a_message_of_its_own_with_the_same_words_and_files(self):
        original = letter(attachments=[Attachment("a.txt", "text/plain", b"a")])
        Message.objects.filter(pk=original.pk).update(state="sent", sent_at=NOW)

        copy = services.resend(message_id=original.pk, actor="staff:1", now=NOW)

        assert copy.pk != original.pk
        assert (copy.recipient, copy.text, copy.state) == (
            original.recipient,
            original.text,
            "queued",
        )
        assert copy.attachments.get().content == b"a"
        assert [entry.action for entry in audit.history(f"mail.message:{original.pk}")] == [
            "resend"
        ]

    def test_counts_on_from_the_first(self):
        original = letter()
        Message.objects.update(state="dead")
        first = services.resend(message_id=original.pk, actor="staff:1", now=NOW)
        Message.objects.update(state="dead")

        second = services.resend(message_id=first.pk, actor="staff:1", now=NOW)

        assert second.dedupe_key == "letter-1#again-2"

    @pytest.mark.parametrize("state", ["queued", "sending", "failed"])
    def test_refuses_what_is_still_on_its_way(self, state):
        original = letter()
        Message.objects.update(state=state)

        with pytest.raises(services.StillBeingSent):
            services.resend(message_id=original.pk, actor="staff:1", now=NOW)

        assert Message.objects.count() == 1


class TestMessagesTo:
    def test_finds_an_address_however_it_is_written(self):
        message = letter(to="Ann@Example.org")

        assert list(selectors.messages_to(" ann@example.ORG")) == [message]
        assert not selectors.messages_to("bob@example.org").exists()
