"""Staff read messages, find them by address, and send one again; nobody edits them."""

import pytest
from django.urls import reverse

from core.mail.models import Message
from tests.core.mail.letters import NOW, letter

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("letter_templates")]
LIST = "admin:mail_message_changelist"


def send_again(client, message: Message):
    return client.post(
        reverse(LIST), {"action": "send_again", "_selected_action": [str(message.pk)]}, follow=True
    )


class TestMessageAdmin:
    def test_lists_messages_with_their_recipients(self, admin_client):
        letter()

        assert "ann@example.org" in admin_client.get(reverse(LIST)).content.decode()

    def test_lists_the_others_when_one_row_is_damaged(self, admin_client):
        letter("good")
        bad = letter("bad", to="bob@example.org")
        field = Message._meta.get_field("recipient")
        Message.objects.filter(pk=bad.pk).update(
            recipient=field.sealed_for("elsewhere", "x@example.org")
        )

        page = admin_client.get(reverse(LIST)).content.decode()

        assert "ann@example.org" in page
        assert "unreadable" in page

    def test_finds_by_address(self, admin_client):
        letter("a")
        letter("b", to="bob@example.org")

        page = admin_client.get(reverse(LIST), {"q": "ANN@example.org"}).content.decode()

        assert "ann@example.org" in page
        assert "bob@example.org" not in page

    def test_shows_the_words_and_the_tries(self, admin_client):
        message = letter()
        message.deliveries.create(attempt=1, outcome="temporary", answer="450", at=NOW)

        page = admin_client.get(
            reverse("admin:mail_message_change", args=[message.pk])
        ).content.decode()

        assert "Hello Ann &lt;b&gt;" in page
        assert "450" in page

    def test_sends_again_what_was_sent(self, admin_client):
        message = letter()
        Message.objects.update(state="sent", sent_at=NOW)

        send_again(admin_client, message)

        assert Message.objects.filter(dedupe_key="letter-1#again-1", state="queued").exists()

    def test_says_why_it_does_not_send_again(self, admin_client):
        page = send_again(admin_client, letter()).content.decode()

        assert "still on its way" in page
        assert Message.objects.count() == 1

    def test_lets_only_those_send_who_may(self, client, django_user_model):
        from django.contrib.auth.models import Permission

        reader = django_user_model.objects.create_user("reader", is_staff=True)
        reader.user_permissions.add(
            Permission.objects.get(content_type__app_label="mail", codename="view_message")
        )
        client.force_login(reader)
        message = letter()
        Message.objects.update(state="sent", sent_at=NOW)

        assert client.get(reverse(LIST)).status_code == 200
        send_again(client, message)

        assert Message.objects.count() == 1

    @pytest.mark.parametrize("page", ["add", "delete"])
    def test_offers_nothing_else(self, admin_client, page):
        message = letter()
        arguments = [] if page == "add" else [message.pk]

        response = admin_client.get(reverse(f"admin:mail_message_{page}", args=arguments))

        assert response.status_code == 403
