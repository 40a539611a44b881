"""What an error means, in words, before what the machine said. Parts add their own kinds."""

from core.errors import Refusal

_words: dict[str, str] = {
    "OperationalError": "The database did not answer.",
    "PoolTimeout": "No connection to the database was free.",
    "InterfaceError": "The connection to the database was lost.",
    "IntegrityError": "The database refused it: it does not fit with what is there.",
    "LockNotAvailable": "Something else was working on the same row.",
    "TimeLimitExceeded": "It took too long and was stopped.",
    "TimeoutError": "It took too long.",
    "ConnectionError": "Something that it needs could not be reached.",
    "NotPermitted": "It was held back, because the other side is not well.",
    "NotYet": "Something else has to happen first.",
    "ValueError": "A value was not what the code expects. This needs a developer.",
    "TypeError": "A value was not what the code expects. This needs a developer.",
    "KeyError": "Something that the code expects is missing. This needs a developer.",
    "DoesNotExist": "What it is about is not there.",
}
UNKNOWN = "Something unexpected went wrong. This may need a developer."


def add(words: dict[str, str]) -> None:
    """By the name of the error's class; called from a part's `admin.py`."""
    _words.update(words)


def of(error: str) -> str:
    """`error` as kept with jobs: "ClassName: what it said". "" for none."""
    if not error:
        return ""
    name = error.partition(":")[0].strip()
    if name in _words:
        return _words[name]
    refusals = {each.__name__: each for each in _all(Refusal)}
    if name in refusals:
        return refusals[name].detail
    return UNKNOWN if name.isidentifier() and name[:1].isupper() and ":" in error else error


def _all(kind: type[Refusal]) -> list[type[Refusal]]:
    return [kind, *(each for child in kind.__subclasses__() for each in _all(child))]
