"""The site's colours as plain values, for e-mail programs that know no custom properties.

Read from `static/css/tokens.css`, the one place where colours are written down.
"""

import re
from functools import lru_cache
from pathlib import Path

from django.conf import settings

_TOKEN = re.compile(r"--c-([a-z0-9-]+):\s*(?:light-dark\((#\w+),\s*(#\w+)\)|(#\w+))\s*;")


@lru_cache(maxsize=1)
def tokens() -> dict[str, dict[str, str]]:
    """`light` and `dark`: colour by token name, with `_` for `-` so that templates can name it."""
    return parse((Path(settings.BASE_DIR) / "static" / "css" / "tokens.css").read_text())


def parse(css: str) -> dict[str, dict[str, str]]:
    """The first meaning of each token: later ones are for print and for a chosen theme."""
    light: dict[str, str] = {}
    dark: dict[str, str] = {}
    for name, by_day, by_night, always in _TOKEN.findall(css):
        key = name.replace("-", "_")
        light.setdefault(key, by_day or always)
        dark.setdefault(key, by_night or always)
    return {"light": light, "dark": dark}
