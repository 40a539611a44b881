"""EMAIL_URL as Django's settings, and the folder that a laptop's mails go to."""

from email import message_from_bytes
from pathlib import Path

import pytest
from django.core.mail import EmailMessage, get_connection

from core.mail import email_url


class TestSettingsOf:
    @pytest.mark.parametrize(
        ("url", "expected"),
        [
            ("smtp://mail:25", ("mail", 25, "", "", False, False)),
            ("smtp+tls://u:p%40ss@mail", ("mail", 587, "u", "p@ss", True, False)),
            ("smtps://u:p@mail", ("mail", 465, "u", "p", False, True)),
        ],
    )
    def test_reads_a_server(self, url, expected):
        read = email_url.settings_of(url, folder=Path("unused"))

        names = ("HOST", "PORT", "HOST_USER", "HOST_PASSWORD", "USE_TLS", "USE_SSL")
        assert tuple(read[f"EMAIL_{name}"] for name in names) == expected
        assert read["EMAIL_TIMEOUT"] == 10

    def test_takes_the_folder_when_nothing_is_set(self):
        read = email_url.settings_of("", folder=Path("var/mail"))

        assert read["EMAIL_BACKEND"] == "core.mail.files.EmailBackend"
        assert read["EMAIL_FILE_PATH"] == "var/mail"

    def test_refuses_another_scheme(self):
        with pytest.raises(ValueError, match="ftp"):
            email_url.settings_of("ftp://x", folder=Path())


class TestFiles:
    def test_are_mails_that_any_program_opens(self, settings, tmp_path):
        settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
        mail = EmailMessage("Booked: First aid", "Hello", "a@example.org", ["b@example.org"])

        get_connection("core.mail.files.EmailBackend").send_messages([mail, mail])

        first, second = sorted((tmp_path / "mail").glob("*.eml"))
        assert first.name.endswith("booked-first-aid.eml")
        assert message_from_bytes(second.read_bytes())["To"] == "b@example.org"
