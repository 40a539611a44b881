"""What the product is made of: a bill of materials from the lock files, and what is known against its parts.

The bill is CycloneDX 1.6 and depends on nothing but the files: the same files give the same bytes.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen
from uuid import NAMESPACE_URL, uuid5

PINNED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(?P<version>[^\s;\\]+)")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
RUNS, CHECKS = "requirements.txt", "requirements-dev.txt"
VENDORED = "static/vendor"
DATABASE = "https://api.osv.dev/v1/querybatch"
SECONDS_MAX = 30


class NotReachable(Exception):
    """The database of vulnerabilities could not be asked: nothing is known, good or bad."""


@dataclass(frozen=True)
class Part:
    """One pinned package with the hashes that its files may have."""

    name: str
    version: str
    hashes: tuple[str, ...]

    @property
    def purl(self) -> str:
        name = re.sub(r"[-_.]+", "-", self.name).lower()
        return f"pkg:pypi/{name}@{self.version}"


def parts(lock: Path) -> list[Part]:
    """The pinned packages of one lock file, by name; raises ValueError on one without a hash."""
    found: dict[str, Part] = {}
    for block in _blocks(lock.read_text()):
        match = PINNED.match(block)
        if match is None:
            continue
        hashes = tuple(sorted(HASH.findall(block)))
        if not hashes:
            raise ValueError(f"{lock.name}: {match['name']} has no hash")
        found[match["name"]] = Part(match["name"], match["version"], hashes)
    return [found[name] for name in sorted(found)]


def bill(root: Path) -> dict[str, Any]:
    """What runs, with the files of others that we serve ourselves."""
    components = [_library(part) for part in parts(root / RUNS)] + [
        _file(root, file) for file in sorted((root / VENDORED).rglob("*")) if file.is_file()
    ]
    serial = uuid5(NAMESPACE_URL, json.dumps(components, sort_keys=True))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "react-fast-training"}},
        "components": components,
    }


def vulnerabilities(found: Iterable[Part], *, database: str = DATABASE) -> dict[str, list[str]]:
    """The identifiers of what is known, by package and version; raises NotReachable."""
    asked = list(found)
    queries = [
        {"package": {"name": part.name, "ecosystem": "PyPI"}, "version": part.version}
        for part in asked
    ]
    body = json.dumps({"queries": queries}).encode()
    request = Request(database, data=body, headers={"Content-Type": "application/json"})  # noqa: S310 (a constant, or what the operator names)
    try:
        with urlopen(request, timeout=SECONDS_MAX) as answer:  # noqa: S310 (the same)
            results = json.load(answer)["results"]
    except (URLError, OSError, ValueError, KeyError) as error:
        raise NotReachable(type(error).__name__) from error
    if len(results) != len(asked):
        raise NotReachable("an answer of another length")
    return {
        f"{part.name} {part.version}": [each["id"] for each in result["vulns"]]
        for part, result in zip(asked, results, strict=True)
        if result.get("vulns")
    }


def _blocks(text: str) -> Iterable[str]:
    return text.replace("\\\n", " ").splitlines()


def _library(part: Part) -> dict[str, Any]:
    return {
        "type": "library",
        "bom-ref": part.purl,
        "name": part.name,
        "version": part.version,
        "purl": part.purl,
        "properties": [{"name": "lock:sha256", "value": value} for value in part.hashes],
    }


def _file(root: Path, file: Path) -> dict[str, Any]:
    name = file.relative_to(root).as_posix()
    content = hashlib.sha256(file.read_bytes()).hexdigest()
    return {
        "type": "file",
        "bom-ref": name,
        "name": name,
        "hashes": [{"alg": "SHA-256", "content": content}],
    }
