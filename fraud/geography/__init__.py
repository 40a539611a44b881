"""Where an internet address is, as far as a vendored table tells, and what kind of network it belongs to.

`look_up` answers for one address; nothing known is an empty string, never a guess. `source` says whose data it is
and how old. Reading needs no network and no database.
"""

from fraud.geography.address import Connection, look_up
from fraud.geography.countries import apart_km, country_name, is_country
from fraud.geography.database import Source, source

__all__ = [
    "Connection",
    "Source",
    "apart_km",
    "country_name",
    "is_country",
    "look_up",
    "source",
]
