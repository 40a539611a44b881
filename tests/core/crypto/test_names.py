"""Names are found a letter off, by their beginning, in any spelling of accents, and by nobody without the key."""

import pytest

from core.crypto import names

PURPOSE = "tests.names"


def finds(typed: str, *name: str) -> bool:
    kept = set(names.keys_of(*name, purpose=PURPOSE))
    groups = names.wanted(typed, purpose=PURPOSE)
    return bool(groups) and all(kept.intersection(keys) for keys in groups)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Ada Lovelace", "Ada Lovelace"),
        ("lovelace ADA", "Ada Lovelace"),
        ("Lovlace", "Ada Lovelace"),
        ("Lovellace", "Ada Lovelace"),
        ("Lovekace", "Ada Lovelace"),
        ("Lvoelace", "Ada Lovelace"),
        ("lovel", "Ada Lovelace"),
        ("siobhan oneill", "Siobhán O’Neill"),
        ("O'Neil", "Siobhán O’Neill"),
        ("smyth", "Jo Smith"),
        ("李小龙", "李小龙"),
        ("harbor cafe", "Grace Hopper Harbour Café Ltd"),
    ],
)
def test_finds(typed, name):
    assert finds(typed, name)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Ada Byron", "Ada Lovelace"),
        ("Lovlase", "Ada Lovelace"),
        ("Khan", "Kahlo"),
        ("", "Ada Lovelace"),
        ("- '", "Ada Lovelace"),
        ("Li", "Lu"),
    ],
)
def test_does_not_find(typed, name):
    assert not finds(typed, name)


def test_keys_of_another_purpose_or_salt_are_others(settings):
    first = set(names.keys_of("Ada Lovelace", purpose=PURPOSE))

    assert not first & set(names.keys_of("Ada Lovelace", purpose="tests.others"))
    settings.HASH_SALT = "0" * 64
    assert not first & set(names.keys_of("Ada Lovelace", purpose=PURPOSE))


def test_are_so_many_at_most_whatever_is_typed():
    assert len(names.keys_of("x" * 10_000, *["word"] * 500, "ö" * 300, purpose=PURPOSE)) < 300
    assert len(names.wanted("a b " * 999 + "cd " * 99, purpose=PURPOSE)) == names.WORDS_MAX
