"""Where a process is killed, in which part of the site, and what the customer or staff were doing."""

from dataclasses import dataclass
from typing import Literal

Deed = Literal["pay", "decline", "give back"]


@dataclass(frozen=True)
class Scenario:
    point: str
    part: Literal["web", "worker"]
    deed: Deed
    words: str

    @property
    def name(self) -> str:
        return f"{self.point}-{self.part}-{self.deed.replace(' ', '-')}"


ALL = (
    Scenario("CP01", "web", "pay", "after the payment's row"),
    Scenario("CP02", "web", "pay", "after the intent to call the gateway"),
    Scenario("CP03", "web", "pay", "before the request leaves"),
    Scenario("CP04", "web", "pay", "after the gateway's answer, before it is kept"),
    Scenario("CP05", "web", "pay", "after the commit, before the relay is nudged"),
    Scenario("CP06", "worker", "pay", "after a handler, before its delivery is marked"),
    Scenario("CP07", "worker", "pay", "at the start of a task"),
    Scenario("CP08", "worker", "pay", "after a task's effect, before it is acknowledged"),
    Scenario("CP09", "web", "pay", "after the inbox row, before the gateway's answer"),
    Scenario("CP10", "worker", "pay", "in the middle of a webhook's handler"),
    Scenario("CP11", "web", "pay", "after a step, before its log"),
    Scenario("CP12", "worker", "decline", "in the middle of undoing"),
    Scenario("CP16", "worker", "give back", "after the refund is reserved, before it is sent"),
    Scenario("CP17", "worker", "give back", "after the gateway's answer to a refund"),
)
SHORT = ("CP04-web-pay", "CP06-worker-pay", "CP16-worker-give-back")


def chosen(*, everything: bool) -> list[Scenario]:
    return [scenario for scenario in ALL if everything or scenario.name in SHORT]
