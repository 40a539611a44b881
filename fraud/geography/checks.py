"""System checks: the file of countries can be read, and is not too old to be believed."""

from typing import Any

import maxminddb
from django.conf import settings
from django.core import checks

from core import clock
from fraud import geography


@checks.register("fraud")
def country_data(**_kwargs: Any) -> list[checks.CheckMessage]:
    try:
        found = geography.source(now=clock.now())
    except (OSError, maxminddb.InvalidDatabaseError) as error:
        return [
            checks.Error(
                f"The file of countries can't be read: {error}.",
                hint="Point GEOIP_DB at an .mmdb file, or leave it empty for the one that comes with the code.",
                id="fraud.E020",
            )
        ]
    if not found.is_old:
        return []
    return [
        checks.Warning(
            f"The file of countries ({found.name}) is {found.age_days} days old; networks move.",
            hint=f"Replace it (fraud/geography/data/README.md), or raise GEOIP_DAYS_MAX ({settings.GEOIP_DAYS_MAX}).",
            id="fraud.W021",
        )
    ]
