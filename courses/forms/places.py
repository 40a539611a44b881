"""Where people say they are: Yorkshire towns and postcode districts, as points to measure from. Pure.

Points are the middles of the towns, to about half a mile: enough to sort dates by distance.
"""

import math
import re
from dataclasses import dataclass

EARTH_RADIUS_MILES = 3_958.8
OUTWARD = re.compile(r"([A-Z]{1,2})([0-9]{1,2})[A-Z]?(?:\s*[0-9][A-Z]{2})?\Z")

TOWNS = {
    "Barnsley": (53.553, -1.480),
    "Batley": (53.702, -1.634),
    "Beverley": (53.842, -0.434),
    "Bingley": (53.848, -1.839),
    "Bradford": (53.794, -1.752),
    "Bridlington": (54.085, -0.199),
    "Brighouse": (53.703, -1.783),
    "Castleford": (53.726, -1.363),
    "Cleckheaton": (53.725, -1.713),
    "Dewsbury": (53.691, -1.629),
    "Doncaster": (53.523, -1.129),
    "Driffield": (54.006, -0.441),
    "Elland": (53.685, -1.838),
    "Filey": (54.210, -0.289),
    "Garforth": (53.792, -1.381),
    "Goole": (53.704, -0.873),
    "Guisborough": (54.535, -1.056),
    "Guiseley": (53.875, -1.707),
    "Halifax": (53.722, -1.864),
    "Harrogate": (53.992, -1.542),
    "Hebden Bridge": (53.742, -2.013),
    "Holmfirth": (53.572, -1.787),
    "Hornsea": (53.911, -0.168),
    "Huddersfield": (53.646, -1.785),
    "Hull": (53.745, -0.337),
    "Ilkley": (53.925, -1.822),
    "Keighley": (53.868, -1.907),
    "Knaresborough": (54.008, -1.467),
    "Leeds": (53.800, -1.549),
    "Malton": (54.136, -0.799),
    "Market Weighton": (53.864, -0.666),
    "Mexborough": (53.494, -1.292),
    "Middlesbrough": (54.574, -1.235),
    "Mirfield": (53.674, -1.696),
    "Morley": (53.749, -1.602),
    "Northallerton": (54.339, -1.433),
    "Ossett": (53.680, -1.580),
    "Otley": (53.905, -1.692),
    "Pickering": (54.244, -0.777),
    "Pocklington": (53.931, -0.779),
    "Pontefract": (53.692, -1.309),
    "Pudsey": (53.797, -1.662),
    "Redcar": (54.618, -1.069),
    "Richmond": (54.404, -1.733),
    "Ripon": (54.136, -1.524),
    "Rotherham": (53.430, -1.357),
    "Scarborough": (54.283, -0.400),
    "Selby": (53.784, -1.067),
    "Settle": (54.069, -2.277),
    "Sheffield": (53.381, -1.470),
    "Shipley": (53.833, -1.777),
    "Skipton": (53.961, -2.016),
    "Stocksbridge": (53.481, -1.589),
    "Tadcaster": (53.885, -1.263),
    "Thirsk": (54.233, -1.343),
    "Thorne": (53.611, -0.959),
    "Todmorden": (53.714, -2.097),
    "Wakefield": (53.683, -1.498),
    "Wetherby": (53.928, -1.386),
    "Whitby": (54.486, -0.621),
    "Withernsea": (53.731, 0.035),
    "York": (53.959, -1.082),
}
ALSO_CALLED = {"kingston upon hull": "Hull", "leeds city centre": "Leeds", "yeadon": "Guiseley"}

# Postcode districts by their post town; each entry is (first, last) district of the area.
DISTRICTS: dict[str, tuple[tuple[int, int, str], ...]] = {
    "LS": (
        (1, 18, "Leeds"),
        (19, 20, "Guiseley"),
        (21, 21, "Otley"),
        (22, 23, "Wetherby"),
        (24, 24, "Tadcaster"),
        (25, 26, "Garforth"),
        (27, 27, "Morley"),
        (28, 28, "Pudsey"),
        (29, 29, "Ilkley"),
    ),
    "BD": (
        (1, 15, "Bradford"),
        (16, 16, "Bingley"),
        (17, 18, "Shipley"),
        (19, 19, "Cleckheaton"),
        (20, 22, "Keighley"),
        (23, 23, "Skipton"),
        (24, 24, "Settle"),
    ),
    "HX": ((1, 4, "Halifax"), (5, 5, "Elland"), (6, 6, "Halifax"), (7, 7, "Hebden Bridge")),
    "HD": (
        (1, 5, "Huddersfield"),
        (6, 6, "Brighouse"),
        (7, 8, "Huddersfield"),
        (9, 9, "Holmfirth"),
    ),
    "WF": (
        (1, 4, "Wakefield"),
        (5, 5, "Ossett"),
        (6, 6, "Castleford"),
        (7, 9, "Pontefract"),
        (10, 10, "Castleford"),
        (11, 11, "Pontefract"),
        (12, 13, "Dewsbury"),
        (14, 14, "Mirfield"),
        (15, 16, "Dewsbury"),
        (17, 17, "Batley"),
    ),
    "S": (
        (1, 35, "Sheffield"),
        (36, 36, "Stocksbridge"),
        (60, 63, "Rotherham"),
        (64, 64, "Mexborough"),
        (65, 66, "Rotherham"),
        (70, 75, "Barnsley"),
    ),
    "DN": ((1, 7, "Doncaster"), (8, 8, "Thorne"), (9, 12, "Doncaster"), (14, 14, "Goole")),
    "YO": (
        (1, 6, "York"),
        (7, 7, "Thirsk"),
        (8, 8, "Selby"),
        (10, 10, "York"),
        (11, 13, "Scarborough"),
        (14, 14, "Filey"),
        (15, 16, "Bridlington"),
        (17, 17, "Malton"),
        (18, 18, "Pickering"),
        (19, 19, "York"),
        (21, 22, "Whitby"),
        (23, 24, "York"),
        (25, 25, "Driffield"),
        (26, 32, "York"),
        (41, 42, "Pocklington"),
        (43, 43, "Market Weighton"),
        (51, 62, "York"),
    ),
    "HU": (
        (1, 16, "Hull"),
        (17, 17, "Beverley"),
        (18, 18, "Hornsea"),
        (19, 19, "Withernsea"),
        (20, 20, "Hull"),
    ),
    "HG": ((1, 3, "Harrogate"), (4, 4, "Ripon"), (5, 5, "Knaresborough")),
    "DL": ((6, 8, "Northallerton"), (9, 11, "Richmond")),
    "TS": ((1, 9, "Middlesbrough"), (10, 13, "Redcar"), (14, 14, "Guisborough")),
}


@dataclass(frozen=True, slots=True)
class Place:
    name: str
    latitude: float
    longitude: float

    def miles_to(self, latitude: float, longitude: float) -> float:
        """As the crow flies."""
        from_latitude, to_latitude = math.radians(self.latitude), math.radians(latitude)
        apart = math.radians(longitude - self.longitude)
        cosine = math.sin(from_latitude) * math.sin(to_latitude) + math.cos(
            from_latitude
        ) * math.cos(to_latitude) * math.cos(apart)
        return EARTH_RADIUS_MILES * math.acos(min(1.0, cosine))


def find(words: str) -> Place | None:
    """The place that a town's name or the first part of a postcode means; None if we don't know it."""
    text = " ".join(words.split())
    name = ALSO_CALLED.get(text.lower(), text.title())
    if name in TOWNS:
        return Place(name, *TOWNS[name])
    return _by_postcode(text.upper())


def miles_in_words(miles: float) -> str:
    """0.6 miles nearby, whole miles further away."""
    if miles < 0.1:
        return "0.1 miles"
    return f"{miles:.1f} miles" if miles < 9.95 else f"{miles:.0f} miles"


def _by_postcode(text: str) -> Place | None:
    match = OUTWARD.match(text)
    if match is None:
        return None
    area, district = match[1], int(match[2])
    for first, last, town in DISTRICTS.get(area, ()):
        if first <= district <= last:
            return Place(f"{area}{district}", *TOWNS[town])
    return None
