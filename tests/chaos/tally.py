"""What happened in the runs of this command, by kind, and how each seed ended."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Tally:
    """`happened` counts over all seeds; `endings` has a line for each."""

    happened: Counter[str] = field(default_factory=Counter)
    endings: list[tuple[int, float, int, str]] = field(default_factory=list)

    def never(self, wanted: list[str]) -> list[str]:
        return [name for name in wanted if not self.happened[name]]

    def table(self) -> list[str]:
        lines = [f"{'seed':>6} {'seconds':>8} {'deeds':>6}  ending"]
        lines += [
            f"{seed:>6} {seconds:>8.0f} {deeds:>6}  {ending}"
            for seed, seconds, deeds, ending in self.endings
        ]
        lines += ["", "happened over all seeds:"]
        lines += [f"{count:>6} {name}" for name, count in sorted(self.happened.items())]
        return lines


OF_THE_RUN = Tally()
