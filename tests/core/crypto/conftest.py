"""Messages to seal and send."""

from tests.core.mail.letters import letter_templates

__all__ = ["letter_templates"]
