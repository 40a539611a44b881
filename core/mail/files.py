"""A mail server for a laptop: each message is a file that any mail program opens."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class EmailBackend(BaseEmailBackend):
    """Writes `<moment>-<subject>.eml` into EMAIL_FILE_PATH; a message that is sent again replaces nothing."""

    def __init__(self, fail_silently: bool = False, **_options: Any) -> None:
        super().__init__(fail_silently=fail_silently)
        self.folder = Path(settings.EMAIL_FILE_PATH)  # type: ignore[misc]  # set by email_url

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        self.folder.mkdir(parents=True, exist_ok=True)
        for email in email_messages:
            message: Any = email.message()
            moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
            words = re.sub(r"[^a-z0-9]+", "-", email.subject.lower()).strip("-")[:60]
            (self.folder / f"{moment}-{words}.eml").write_bytes(message.as_bytes(linesep="\r\n"))
        return len(email_messages)
