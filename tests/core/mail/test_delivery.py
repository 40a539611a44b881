"""Sending, against a real server that takes, refuses and hangs up; each message once in the normal course."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction

from core.crashpoints import Crashed
from core.database.transactions import InsideTransaction
from core.errors import Unavailable
from core.mail import attachments, delivery
from core.mail.attachments import Attachment, AttachmentReference
from core.mail.models import ATTEMPTS_MAX, LEASE, Message
from tests.breakers import forget_breakers
from tests.core.mail.letters import NOW, letter
from tests.core.mail.smtp_server import SmtpServer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("letter_templates")]


@pytest.fixture
def server(settings):
    with SmtpServer() as running:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running.port
        settings.EMAIL_TIMEOUT = 5
        yield running


def outcomes(message: Message) -> list[tuple[str, str]]:
    return list(message.deliveries.order_by("pk").values_list("outcome", "answer"))


class TestSendDue:
    def test_sends_html_and_text_with_files(self, server):
        message = letter(
            attachments=[Attachment("booking.ics", "text/calendar", b"BEGIN:VCALENDAR")]
        )

        assert delivery.send_due(now=NOW) == 1

        (mail,) = server.behaviour.kept
        assert mail["To"] == "ann@example.org"
        assert mail["Subject"] == "Booked: First aid"
        assert mail["Message-ID"] == f"<{message.pk}@localhost>"
        types = [part.get_content_type() for part in mail.walk() if not part.is_multipart()]
        assert types == ["text/plain", "text/html", "text/calendar"]
        message.refresh_from_db()
        assert (message.state, message.sent_at, message.attempt) == ("sent", NOW, 1)
        assert outcomes(message) == [("accepted", "")]

    def test_sends_nothing_twice(self, server):
        letter()
        delivery.send_due(now=NOW)

        assert delivery.send_due(now=NOW + timedelta(days=1)) == 0
        assert len(server.behaviour.kept) == 1

    def test_leaves_what_is_not_due(self, server):
        letter(now=NOW + timedelta(minutes=1))

        assert delivery.send_due(now=NOW) == 0

    @pytest.mark.parametrize(
        ("changes", "state", "tried"),
        [
            ({"recipient": b"550 no such user"}, "dead", ("refused", "550")),
            ({"recipient": b"450 try later"}, "failed", ("temporary", "450")),
            ({"data": b"554 spam"}, "dead", ("refused", "554")),
            ({"data": b"451 try later"}, "failed", ("temporary", "451")),
            ({"greeting": None}, "failed", ("temporary", "SMTPServerDisconnected")),
            ({"greeting": b"421 busy"}, "failed", ("temporary", "SMTPConnectError 421")),
            ({"data": None}, "failed", ("unknown", "SMTPServerDisconnected")),
        ],
    )
    def test_tells_how_a_try_failed(self, server, changes, state, tried):
        for name, answer in changes.items():
            setattr(server.behaviour, name, answer)
        message = letter()

        delivery.send_due(now=NOW)

        message.refresh_from_db()
        assert (message.state, message.sent_at) == (state, None)
        assert outcomes(message) == [tried]

    def test_tries_again_later_with_the_same_message_id(self, server):
        server.behaviour.data = None
        message = letter()
        delivery.send_due(now=NOW)
        server.behaviour.data = b"250 taken"

        assert delivery.send_due(now=NOW) == 0
        assert delivery.send_due(now=NOW + timedelta(minutes=5)) == 1

        first, second = server.behaviour.kept
        assert first["Message-ID"] == second["Message-ID"]
        assert [outcome for outcome, _ in outcomes(message)] == ["unknown", "accepted"]

    def test_waits_while_the_server_is_away_and_gives_up_in_the_end(self, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
        message, moment = letter(), NOW

        for _ in range(ATTEMPTS_MAX):
            forget_breakers()
            assert delivery.send_due(now=moment) == 1
            message.refresh_from_db()
            moment = max(moment, message.due_at)

        assert message.state == "dead"
        assert moment - NOW > timedelta(hours=4)
        assert outcomes(message) == [("temporary", "ConnectionRefusedError")] * ATTEMPTS_MAX

    def test_one_bad_recipient_stops_no_other(self, server):
        bad, good = letter("bad"), letter("good")
        Message.objects.filter(pk=bad.pk).update(
            recipient=Message._meta.get_field("recipient").sealed_for(good.pk, "x@example.org")
        )

        assert delivery.send_due(now=NOW) == 2

        assert outcomes(bad) == [("temporary", "Tampered")]
        assert outcomes(good) == [("accepted", "")]

    def test_makes_files_of_a_provider_when_it_sends(self, server, monkeypatch):
        monkeypatch.setitem(
            attachments._providers,
            "test.pdf",
            lambda number: Attachment(f"{number}.pdf", "application/pdf", b"%PDF"),
        )
        letter(attachments=[AttachmentReference("test.pdf", "INV-1")])

        delivery.send_due(now=NOW)

        assert server.behaviour.kept[0].get_payload()[-1].get_filename() == "INV-1.pdf"

    def test_waits_for_a_provider_that_is_not_ready(self, server, monkeypatch):
        def not_ready(_number: str) -> Attachment:
            raise Unavailable()

        monkeypatch.setitem(attachments._providers, "test.pdf", not_ready)
        message = letter(attachments=[AttachmentReference("test.pdf", "INV-1")])

        delivery.send_due(now=NOW)

        assert outcomes(message) == [("temporary", "unavailable")]
        assert not server.behaviour.kept

    def test_refuses_to_run_inside_a_transaction(self, server):
        letter()

        with pytest.raises(InsideTransaction), transaction.atomic():
            delivery.send_due(now=NOW)

        assert not server.behaviour.kept


class TestOneConnectionForABatch:
    def test_greets_the_server_once(self, server):
        for number in range(5):
            letter(str(number))

        delivery.send_due(now=NOW)

        assert (len(server.behaviour.kept), server.behaviour.greeted) == (5, 1)

    def test_greets_nobody_when_nothing_is_due(self, server):
        delivery.send_due(now=NOW)

        assert server.behaviour.greeted == 0

    def test_begins_afresh_when_the_server_has_hung_up(self, server):
        server.behaviour.messages_max = 2
        letters = [letter(str(number)) for number in range(5)]

        delivery.send_due(now=NOW)

        assert (len(server.behaviour.kept), server.behaviour.greeted) == (5, 3)
        assert [outcomes(each) for each in letters] == [[("accepted", "")]] * 5

    @pytest.mark.parametrize(
        ("changes", "tried"),
        [
            ({"data": None}, ("unknown", "SMTPServerDisconnected")),
            ({"recipient": b"421 too many"}, ("temporary", "421")),
            ({"recipient": None}, ("unknown", "SMTPServerDisconnected")),
        ],
    )
    def test_what_breaks_it_is_one_message_s_fate(self, server, monkeypatch, changes, tried):
        def broken(_number: str) -> Attachment:
            for name, answer in changes.items():
                setattr(server.behaviour, name, answer)
            return Attachment("a.txt", "text/plain", b"")

        def mended(_number: str) -> Attachment:
            server.behaviour.data, server.behaviour.recipient = b"250 taken", b"250 ok"
            return Attachment("a.txt", "text/plain", b"")

        monkeypatch.setitem(attachments._providers, "test.broken", broken)
        monkeypatch.setitem(attachments._providers, "test.mended", mended)
        first = letter("first")
        bad = letter(
            "bad",
            now=NOW + timedelta(seconds=1),
            attachments=[AttachmentReference("test.broken", "1")],
        )
        last = letter(
            "last",
            now=NOW + timedelta(seconds=2),
            attachments=[AttachmentReference("test.mended", "1")],
        )

        delivery.send_due(now=NOW + timedelta(seconds=3))

        assert [outcomes(each) for each in (first, bad, last)] == [
            [("accepted", "")], [tried], [("accepted", "")]
        ]  # fmt: skip
        assert server.behaviour.greeted == 2


class TestASlowServer:
    """The next sweep comes while a batch is under way, and must find nothing of it free for the taking."""

    def test_ends_the_batch_in_time(self, server, monkeypatch):
        monkeypatch.setattr(delivery, "BATCH_SECONDS", 0.0)
        for number in range(3):
            letter(str(number))

        tried = [delivery.send_due(now=NOW) for _ in range(4)]

        assert tried == [1, 1, 1, 0]
        assert len(server.behaviour.kept) == 3

    def test_leaves_the_last_message_of_a_batch_most_of_its_lease(self):
        assert timedelta(seconds=3 * delivery.BATCH_SECONDS) <= LEASE


class TestCrashAfterTheServerTookIt:
    @pytest.fixture
    def crashed(self, server, monkeypatch, tmp_path):
        monkeypatch.setenv("CRASH_POINTS", "CP15:raise")
        monkeypatch.setenv("CRASH_DIR", str(tmp_path))
        message = letter()
        with pytest.raises(Crashed):
            delivery.send_due(now=NOW)
        return message

    def test_leaves_the_message_to_its_lease(self, crashed):
        assert delivery.send_due(now=NOW + LEASE - timedelta(seconds=1)) == 0

    def test_is_sent_again_with_the_same_message_id(self, crashed, server):
        assert delivery.send_due(now=NOW + LEASE) == 1

        first, second = server.behaviour.kept
        assert first["Message-ID"] == second["Message-ID"]

    def test_a_late_sender_changes_nothing_that_another_recorded(self, crashed):
        late = Message.objects.get()
        delivery.send_due(now=NOW + LEASE)

        assert not late.mark_failed(now=NOW)
        assert Message.objects.get().state == "sent"


@pytest.mark.django_db(transaction=True)
class TestManySenders:
    def test_send_each_message_once(self, server):
        for number in range(12):
            letter(str(number))

        def work(_number: int) -> int:
            try:
                return delivery.send_due(now=NOW)
            finally:
                connection.close()

        with ThreadPoolExecutor(6) as threads:
            tried = sum(threads.map(work, range(6)))

        assert tried == 12
        assert len({mail["Message-ID"] for mail in server.behaviour.kept}) == 12
        assert len(server.behaviour.kept) == 12

    def test_send_twice_without_the_claim(self, server, monkeypatch):
        """The twin: the conditional update is what keeps the second sender away."""
        meet = threading.Barrier(2, timeout=10)
        letter()

        def unguarded(self: Message, *, now: object) -> bool:
            meet.wait()
            return True

        monkeypatch.setattr(Message, "claim", unguarded)

        def work(_number: int) -> None:
            try:
                delivery.send_due(now=NOW)
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as threads:
            list(threads.map(work, range(2)))

        assert len(server.behaviour.kept) == 2
