"""Files of a message: small ones given at once, others by the name of who makes them when they are sent."""

from collections.abc import Callable
from dataclasses import dataclass

CONTENT_BYTES_MAX = 256 * 1024


@dataclass(frozen=True)
class Attachment:
    """A small file, kept sealed with the message."""

    name: str
    mime: str
    content: bytes

    def __post_init__(self) -> None:
        if len(self.content) > CONTENT_BYTES_MAX:
            raise ValueError("too large to keep with the message: register a provider")


@dataclass(frozen=True)
class AttachmentReference:
    """A file that the provider makes from `provided_id` when the message is sent."""

    provider: str
    provided_id: str


Provider = Callable[[str], Attachment]
_providers: dict[str, Provider] = {}


def register(name: str, provider: Provider) -> None:
    """Called from an app's `ready()`. A provider that raises Unavailable has the message tried again later."""
    if _providers.setdefault(name, provider) is not provider:
        raise ValueError(f"there is another provider of attachments called {name}")


def provided(reference: AttachmentReference) -> Attachment:
    """The file itself."""
    return _providers[reference.provider](reference.provided_id)
