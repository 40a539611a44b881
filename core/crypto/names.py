"""Finding sealed names, also misspelt ones, by keyed digests: nothing is opened to search.

A name's keys are digests of each word, of the word without one of its letters, and of its first letters. Two words
that differ by one letter left out, added, changed or swapped with its neighbour share a key, and so do a word and
its beginning. A key is 32 bits of an HMAC: without HASH_SALT it says nothing, and some are the same by chance.
"""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Callable

from django.conf import settings

WORDS_MAX, LETTERS_MAX = 8, 20
FORGIVEN_FROM = 4  # letters: of shorter words too little would be left
BEGINNINGS = range(3, 7)
_WORD = re.compile(r"[^\W_]+")


def keys_of(*texts: str, purpose: str) -> list[int]:
    """All keys of these texts' words, for the column that is looked in."""
    digest = _digests(purpose)
    return sorted({digest(form) for word in _words(*texts) for form in _kept(word)})


def wanted(text: str, *, purpose: str) -> list[list[int]]:
    """For each word that was typed, the keys of which a name must have one; none for what is no word."""
    digest = _digests(purpose)
    return [sorted({digest(form) for form in _asked(word)}) for word in _words(text)]


def exact(text: str, *, purpose: str) -> list[int]:
    """The keys that a name has which is spelt like this."""
    digest = _digests(purpose)
    return [digest(f"={word}") for word in _words(text)]


def _words(*texts: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", " ".join(texts)).casefold()
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    words = _WORD.findall(re.sub(r"['’]", "", plain))
    return [word[:LETTERS_MAX] for word in words if len(word) > 1][:WORDS_MAX]


def _kept(word: str) -> set[str]:
    return {
        f"={word}",
        *_without_one(word),
        *(f"^{word[:n]}" for n in BEGINNINGS if n <= len(word)),
    }


def _asked(word: str) -> set[str]:
    forms = {f"={word}", *_without_one(word)}
    if len(word) in BEGINNINGS:
        forms.add(f"^{word}")
    return forms


def _without_one(word: str) -> set[str]:
    """The word itself too: it is what another word may be without one letter."""
    if len(word) < FORGIVEN_FROM:
        return {f"-{word}"}
    return {f"-{word}", *(f"-{word[:n]}{word[n + 1 :]}" for n in range(len(word)))}


def _digests(purpose: str) -> Callable[[str], int]:
    key = hmac.digest(settings.HASH_SALT.encode(), f"names|{purpose}".encode(), "sha256")

    def digest(form: str) -> int:
        found = hmac.digest(key, form.encode(), hashlib.sha256)
        return int.from_bytes(found[:4], "big", signed=True)

    return digest
