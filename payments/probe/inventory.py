"""What the pay page may be made of, each part with its reason (`pay_page.json`), and how it differs."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from payments.probe.page import Page

FILE = Path(__file__).with_name("pay_page.json")
ONLY_OVER_TLS = "strict-transport-security"


@dataclass(frozen=True)
class Inventory:
    """`why` says of each script what it is for; a script without a reason is a difference."""

    headers: dict[str, str]
    scripts: dict[str, str]
    why: dict[str, str]


def kept(file: Path = FILE) -> Inventory:
    return Inventory(**json.loads(file.read_text()))


def write(page: Page, file: Path = FILE) -> Inventory:
    """Takes what is there now; the reasons stay, and a new script waits for one to be written."""
    before = kept(file) if file.exists() else Inventory({}, {}, {})
    headers = {ONLY_OVER_TLS: before.headers.get(ONLY_OVER_TLS, ""), **page.headers}
    why = {name: before.why.get(name, "") for name in sorted(page.scripts)}
    after = Inventory(
        {k: v for k, v in sorted(headers.items()) if v}, dict(sorted(page.scripts.items())), why
    )
    file.write_text(json.dumps(asdict(after), indent=2, ensure_ascii=False) + "\n")
    return after


def differences(page: Page, inventory: Inventory, *, over_tls: bool) -> list[str]:
    """One line for each; none is what is wanted."""
    found = [f"script added: {name}" for name in sorted(page.scripts.keys() - inventory.scripts)]
    found += [f"script gone: {name}" for name in sorted(inventory.scripts.keys() - page.scripts)]
    found += [
        f"script changed: {name}"
        for name in sorted(page.scripts.keys() & inventory.scripts.keys())
        if page.scripts[name] != inventory.scripts[name]
    ]
    found += [f"script without a reason: {name}" for name, why in inventory.why.items() if not why]
    for name in sorted(page.headers.keys() | inventory.headers):
        if name == ONLY_OVER_TLS and not over_tls:
            continue
        now, then = page.headers.get(name, "absent"), inventory.headers.get(name, "absent")
        if now != then:
            found.append(f"header changed: {name}: {now}")
    return found
