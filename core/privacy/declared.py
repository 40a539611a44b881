"""What each app says of its fields: what is personal, for how long, what follows then; and what only looks so."""

from dataclasses import dataclass

BLANK, DELETE, KEEP, DIGEST = "blanked", "deleted", "kept", "kept as a keyed digest"


@dataclass(frozen=True)
class Personal:
    """`fields` of one model. `kept` is how long in words, `then` what follows when that is over, `erased` what an
    erasure does; `why` is the purpose, and the law where something stays."""

    model: str
    fields: tuple[str, ...]
    kept: str
    then: str
    erased: str
    why: str


_personal: list[Personal] = []
_harmless: dict[tuple[str, str], str] = {}


def personal(model: str, fields: str, *, kept: str, then: str, erased: str, why: str) -> None:
    _personal.append(Personal(model, tuple(fields.split()), kept, then, erased, why))


def harmless(model: str, fields: str, why: str) -> None:
    """Fields that look personal, and hold nothing of a customer."""
    _harmless.update({(model, field): why for field in fields.split()})


def everything() -> list[Personal]:
    return sorted(_personal, key=lambda each: each.model)


def is_declared(model: str, field: str) -> bool:
    known = {(each.model, name) for each in _personal for name in each.fields}
    return (model, field) in known or (model, field) in _harmless


def named() -> set[tuple[str, str]]:
    """Every pair of model and field that somebody declared, to be compared with those there are."""
    return {(each.model, name) for each in _personal for name in each.fields} | set(_harmless)


def table() -> str:
    """The personal fields as a Markdown table, for docs/privacy.md."""
    rows = [
        f"| `{each.model}` | {', '.join(each.fields)} | {each.kept} | {each.then} | {each.erased} | {each.why} |"
        for each in everything()
    ]
    return "\n".join(
        ["| Where | Fields | Kept | Then | When erased | Why |", "|---|---|---|---|---|---|", *rows]
    )
