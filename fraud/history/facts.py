"""What one assessment knows besides the payment itself: plain values, gathered before it begins."""

from dataclasses import dataclass, field

from fraud.history.profile import NOT_YET, Own, Profile


@dataclass(frozen=True, slots=True)
class ListHit:
    """An active entry of the lists that this payment meets. `effect` is block, review or allow;
    `source` is person or automatic."""

    kind: str
    effect: str
    source: str
    reason: str = ""
    entry_id: str = ""


@dataclass(frozen=True, slots=True)
class Geo:
    """Where the connection is by our data; an empty string means that the data does not say.
    `network` is hosting, anonymiser or ""."""

    country: str = ""
    network: str = ""
    organisation: str = ""

    @property
    def whereabouts(self) -> str:
        """The country that a person is in: a rented machine's says nothing of its user's."""
        return "" if self.network else self.country


@dataclass(frozen=True, slots=True)
class Facts:
    """`profiles` by kind of key: absent for a key the subject lacks, empty for a newcomer.

    `keys` are the subject's own keys by kind, `now` the moment in seconds, `own` what this payment
    already did. `unknown` names the parts that could not be read; they count as missing.
    `site_alarm`: cards are being tried out over the whole site.
    """

    now: int = 0
    keys: dict[str, str] = field(default_factory=dict)
    profiles: dict[str, Profile] = field(default_factory=dict)
    own: Own = NOT_YET
    list_hits: tuple[ListHit, ...] = ()
    geo: Geo | None = None
    unknown: frozenset[str] = frozenset()
    site_alarm: bool = False

    def profile(self, kind: str) -> Profile | None:
        return self.profiles.get(kind)
