"""The geometry of the desk's drawings, pure: a gauge, a map of links, a map of the world. Numbers only; the
templates draw them, and say the same in words."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

# --- gauge -------------------------------------------------------------------------------------

CENTRE_X, CENTRE_Y, RADIUS = 100.0, 98.0, 82.0
GAP = 0.8  # of the scale, on either side of a limit


@dataclass(frozen=True, slots=True)
class Arc:
    band: str
    path: str


@dataclass(frozen=True, slots=True)
class Label:
    x: str
    y: str
    words: str


@dataclass(frozen=True, slots=True)
class Gauge:
    tracks: list[Arc]
    filled: list[Arc]
    needle: str
    labels: list[Label]


def gauge(score: int, *, review_from: int, block_above: int) -> Gauge:
    """Three bands between the limits in force, filled up to the score, with a needle there."""
    limits = sorted(min(max(limit, 0), 100) for limit in (review_from, block_above))
    ends = (0, *limits, 100)
    bands = [
        (name, start + GAP * (start > 0), end - GAP * (end < 100))
        for name, start, end in zip(("low", "mid", "high"), ends, ends[1:], strict=False)
    ]
    bands = [each for each in bands if each[2] > each[1]]
    return Gauge(
        tracks=[Arc(name, _arc(start, end)) for name, start, end in bands],
        filled=[
            Arc(name, _arc(start, min(end, score))) for name, start, end in bands if score > start
        ],
        needle="M{} {}L{} {}".format(*_on(score, RADIUS - 13), *_on(score, RADIUS + 11)),
        labels=[Label(*_on(limit, RADIUS + 18), str(limit)) for limit in limits if 0 < limit < 100],
    )


def _arc(start: float, end: float) -> str:
    (x1, y1), (x2, y2) = _on(start, RADIUS), _on(end, RADIUS)
    return f"M{x1} {y1}A{RADIUS:g} {RADIUS:g} 0 0 1 {x2} {y2}"


def _on(value: float, radius: float) -> tuple[str, str]:
    angle = math.pi * (1 - value / 100)
    x, y = CENTRE_X + radius * math.cos(angle), CENTRE_Y - radius * math.sin(angle)
    return f"{x:.1f}", f"{y:.1f}"


# --- links -------------------------------------------------------------------------------------

LEFT, INNER, MIDDLE, RIGHT = 12, 182, 362, 568
NODE_WIDTH, NODE_HEIGHT, ROW = 140, 48, 66
MIDDLE_WIDTH, MIDDLE_HEIGHT = 150, 58
HEIGHT_LEAST = 198
BRANCHES_MAX, LEAVES_MAX, CARDS_MAX = 3, 2, 3


@dataclass(frozen=True, slots=True)
class Branch:
    """What is shared, with the bookings that share it: (name, what became of it, whether that was bad)."""

    title: str
    note: str
    leaves: list[tuple[str, str, bool]]


@dataclass(frozen=True, slots=True)
class Node:
    x: int
    y: int
    width: int
    height: int
    title: str
    note: str
    tone: str

    @property
    def middle(self) -> int:
        return self.x + self.width // 2

    @property
    def title_y(self) -> int:
        return self.y + self.height // 2 - 2

    @property
    def note_y(self) -> int:
        return self.y + self.height // 2 + 14


@dataclass(frozen=True, slots=True)
class Edge:
    path: str
    hot: bool


@dataclass(frozen=True, slots=True)
class LinkMap:
    height: int
    nodes: list[Node]
    edges: list[Edge]


def link_map(
    reference: str, branches: Sequence[Branch], cards: Sequence[tuple[str, str, bool]]
) -> LinkMap:
    """This booking in the middle, what it shares on the left with who shares it, cards on the right."""
    branches = [
        Branch(each.title, each.note, each.leaves[:LEAVES_MAX]) for each in branches[:BRANCHES_MAX]
    ]
    leaves = sum(max(len(each.leaves), 1) for each in branches)
    cards = cards[:CARDS_MAX]
    height = max(HEIGHT_LEAST, leaves * ROW + 18, len(cards) * (ROW + 14) + 18)
    middle = Node(
        MIDDLE, (height - MIDDLE_HEIGHT) // 2, MIDDLE_WIDTH, MIDDLE_HEIGHT,
        "This booking", reference, "me",
    )  # fmt: skip
    nodes, edges = [middle], []
    row = (height - leaves * ROW) / 2
    for branch in branches:
        size = max(len(branch.leaves), 1)
        inner = _node(INNER, row + size * ROW / 2, branch.title, branch.note, bad=False)
        nodes.append(inner)
        hot = any(bad for _, _, bad in branch.leaves)
        edges.append(_edge(inner, middle, hot=hot))
        for number, (title, note, bad) in enumerate(branch.leaves):
            leaf = _node(LEFT, row + (number + 0.5) * ROW, title, note, bad=bad)
            nodes.append(leaf)
            edges.append(_edge(leaf, inner, hot=bad))
        row += size * ROW
    for number, (title, note, bad) in enumerate(cards):
        card = _node(RIGHT, height * (number + 0.5) / len(cards), title, note, bad=bad)
        nodes.append(card)
        edges.append(_edge(middle, card, hot=bad))
    return LinkMap(height, nodes, edges)


def _node(x: int, middle: float, title: str, note: str, *, bad: bool) -> Node:
    y = round(middle - NODE_HEIGHT / 2)
    return Node(x, y, NODE_WIDTH, NODE_HEIGHT, title, note, "bad" if bad else "")


def _edge(start: Node, end: Node, *, hot: bool) -> Edge:
    x1, y1 = start.x + start.width, start.y + start.height // 2
    x2, y2 = end.x, end.y + end.height // 2
    bend = (x1 + x2) // 2
    return Edge(f"M{x1} {y1}C{bend} {y1} {bend} {y2} {x2} {y2}", hot)


# --- the world ---------------------------------------------------------------------------------

WORLD_WIDTH, MAP_WIDTH, MAP_HEIGHT = 360.0, 582.0, 222.0
NORTHMOST, SOUTHMOST = 8.0, 148.0
FRAME_LEAST = 150.0
NEAR = 130.0
LETTER = 6.8  # about as wide as one letter of the labels


@dataclass(frozen=True, slots=True)
class Point:
    """A place with its words; `tone` is ok, warn or bad."""

    latitude: float
    longitude: float
    words: str
    tone: str


@dataclass(frozen=True, slots=True)
class Pin:
    x: str
    y: str
    words: str
    tone: str
    words_x: str
    words_y: str
    anchor: str


@dataclass(frozen=True, slots=True)
class DotMap:
    frame: str
    pins: list[Pin]
    arcs: list[tuple[str, str]]


def dot_map(points: Sequence[Point]) -> DotMap:
    """The part of the world that the points lie in, with a way from each to the last one: the course."""
    left, top, scale = _frame(points)
    placed = [
        ((each.longitude + 180 - left) * scale, (90 - each.latitude - top) * scale)
        for each in points
    ]
    home = placed[-1]
    arcs = [
        (each.tone, _way(spot, home))
        for each, spot in zip(points, placed, strict=True)
        if math.dist(spot, home) > 24
    ]
    pins = [_pin(each, number, placed) for number, each in enumerate(points)]
    return DotMap(f"scale({scale:.4f}) translate({-left:.2f} {-top:.2f})", pins, arcs)


def _frame(points: Sequence[Point]) -> tuple[float, float, float]:
    """Left, top and scale: wide enough for all, never narrower than a third of the world."""
    xs, ys = [p.longitude + 180 for p in points], [90 - p.latitude for p in points]
    shape = MAP_WIDTH / MAP_HEIGHT
    needed = max(FRAME_LEAST, (max(xs) - min(xs)) * 1.5, (max(ys) - min(ys)) * 1.7 * shape)
    width = min(WORLD_WIDTH, needed)
    height = width / shape
    left = min(max((min(xs) + max(xs) - width) / 2, 0), WORLD_WIDTH - width)
    top = (min(ys) + max(ys) - height) / 2
    return left, min(max(top, NORTHMOST), SOUTHMOST - height), MAP_WIDTH / width


def _way(start: tuple[float, float], end: tuple[float, float]) -> str:
    lift = math.dist(start, end) * 0.28
    bend_x, bend_y = (start[0] + end[0]) / 2, min(start[1], end[1]) - lift / 2
    return f"M{start[0]:.1f} {start[1]:.1f}Q{bend_x:.1f} {max(bend_y, 6):.1f} {end[0]:.1f} {end[1]:.1f}"


def _pin(point: Point, number: int, placed: Sequence[tuple[float, float]]) -> Pin:
    """Words below their point; of points close together, the course's stand above and the others' beside it."""
    x, y = placed[number]
    near = [
        other for i, other in enumerate(placed) if i != number and math.dist(other, (x, y)) < NEAR
    ]
    above = (bool(near) and number == len(placed) - 1) or y > MAP_HEIGHT - 30
    anchor = "middle"
    if near:
        anchor = "start" if x > max(other[0] for other in near) else "end"
    half = len(point.words) * LETTER / (2 if anchor == "middle" else 1)
    if anchor != "end" and x + half > MAP_WIDTH - 8:
        anchor = "end"
    elif anchor != "start" and x - half < 8:
        anchor = "start"
    shift = {"start": 8, "end": -6, "middle": 0}[anchor]
    words_y = y - 16 if above else y + 24
    return Pin(
        f"{x:.1f}",
        f"{y:.1f}",
        point.words,
        point.tone,
        f"{x + shift:.1f}",
        f"{words_y:.1f}",
        anchor,
    )
