"""What the sandbox is told by its environment, read once."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    secret_key: str = "sk_test_sandbox_secret_key"  # noqa: S105
    publishable_key: str = "pk_test_sandbox_publishable_key"
    webhook_url: str = ""
    webhook_secret: str = "whsec_sandbox_webhook_secret"  # noqa: S105
    webhook_events: tuple[str, ...] = ("*",)
    control_token: str = ""
    delay_ms: int = 0

    @classmethod
    def from_environment(cls) -> "Settings":
        known = os.environ
        return cls(
            secret_key=known.get("SANDBOX_SECRET_KEY") or cls.secret_key,
            publishable_key=known.get("SANDBOX_PUBLISHABLE_KEY") or cls.publishable_key,
            webhook_url=known.get("SANDBOX_WEBHOOK_URL", ""),
            webhook_secret=known.get("SANDBOX_WEBHOOK_SECRET") or cls.webhook_secret,
            webhook_events=tuple((known.get("SANDBOX_WEBHOOK_EVENTS") or "*").split(",")),
            control_token=known.get("SANDBOX_CONTROL_TOKEN", ""),
            delay_ms=int(known.get("SANDBOX_DELAY_MS") or 0),
        )
