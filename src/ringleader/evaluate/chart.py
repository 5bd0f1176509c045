"""Small charts as SVG: stated against observed, precision against coverage, and how often a test calls pairs alike."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from ringleader.evaluate.attribution import Evaluation, Result
from ringleader.evaluate.measure import coverage, reliability
from ringleader.evaluate.overlap import METHODS
from ringleader.evaluate.overlap import Result as Overlap

SIDE, EDGE = 200, 46
COLOURS = ("#1b6ca8", "#c0392b", "#7d6608", "#2e7d32", "#6a1b9a", "#455a64")
Point = tuple[float, float]
PARTS = ((0.0, "0"), (0.5, "0.5"), (1.0, "1"))
DECADES = 4
POWERS = tuple((1 - n / DECADES, f"{10.0**-n:g}") for n in range(DECADES + 1))


def write(found: Evaluation, folder: Path) -> list[Path]:
    """``reliability.svg`` and ``coverage.svg`` in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    charts = {
        "reliability.svg": ("stated probability", "how often right", [_reliability(r) for r in found.results]),
        "coverage.svg": ("share of cases answered", "precision", [_coverage(r) for r in found.results]),
    }
    names = [result.protocol.what for result in found.results]
    paths = []
    for name, (across, up, curves) in charts.items():
        path = folder / name
        drawn = draw(across, up, dict(zip(names, curves, strict=True)), diagonal=name == "reliability.svg")
        path.write_text(drawn, encoding="utf-8")
        paths.append(path)
    return paths


def write_overlap(found: Sequence[Overlap], folder: Path) -> list[Path]:
    """A chart for each protocol: share of pairs that are called alike at each level, strangers and the same actor."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for result in found:
        curves: dict[str, Sequence[Point]] = {}
        for column in (0, 2, 3):
            curves[f"strangers: {METHODS[column]}"] = _alike([row[column] for row in result.p_different])
            curves[f"same actor: {METHODS[column]}"] = _alike([row[column] for row in result.p_same])
        path = folder / f"overlap-{result.name}.svg"
        drawn = draw("level of the test", "share of pairs called alike", curves, POWERS, diagonal=True)
        path.write_text(drawn, encoding="utf-8")
        paths.append(path)
    return paths


def draw(
    across: str,
    up: str,
    curves: dict[str, Sequence[Point]],
    ticks: Sequence[tuple[float, str]] = PARTS,
    *,
    diagonal: bool = False,
) -> str:
    """Curves within the unit square, with a legend at the right. ``ticks`` are those of both axes."""
    size = SIDE + 2 * EDGE
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size + 240} {size}" font-family="sans-serif" '
        f'font-size="10"><rect width="100%" height="100%" fill="#fff"/>',
        f'<path d="M{_at((0, 0))}L{_at((1, 0))}M{_at((0, 0))}L{_at((0, 1))}" stroke="#333" fill="none"/>',
        f'<path d="M{_at((0, 0))}L{_at((1, 1))}" stroke="#bbb" stroke-dasharray="3" fill="none"/>'
        if diagonal else "",
        f'<text x="{EDGE + SIDE / 2}" y="{size - 6}" text-anchor="middle">{across}</text>',
        f'<text transform="translate(10 {EDGE + SIDE / 2})rotate(-90)" text-anchor="middle">{up}</text>',
    ]  # fmt: skip
    for tick, label in ticks:
        out.append(f'<text x="{EDGE + tick * SIDE}" y="{EDGE + SIDE + 12}" text-anchor="middle">{label}</text>')
        out.append(f'<text x="{EDGE - 4}" y="{EDGE + (1 - tick) * SIDE + 3}" text-anchor="end">{label}</text>')
    for number, (name, points) in enumerate(curves.items()):
        colour, y = COLOURS[number % len(COLOURS)], EDGE + 14 * number
        line = "L".join(map(_at, points))
        out.append(f'<path d="M{line}" stroke="{colour}" fill="none" stroke-width="1.5"/>' if points else "")
        out.append(f'<rect x="{size}" y="{y}" width="10" height="3" fill="{colour}"/>')
        out.append(f'<text x="{size + 14}" y="{y + 5}">{name.replace("&", "&amp;")}</text>')
    return "\n".join(part for part in [*out, "</svg>"] if part) + "\n"


def _reliability(result: Result) -> list[Point]:
    return [(stated, seen) for _, stated, seen in reliability(result.outcomes.probability, result.outcomes.right)]


def _coverage(result: Result) -> list[Point]:
    # The first few answers make a line that jumps; a hundred points are enough for the eye.
    points = coverage(result.outcomes.probability, result.outcomes.right)[9:]
    return points[:: max(len(points) // 100, 1)]


def _alike(p_values: Sequence[float]) -> list[Point]:
    """Both axes logarithmic, from 10 to the minus DECADES to one; a share of none is left out."""
    points = []
    for step in range(4 * DECADES + 1):
        level = 10.0 ** (step / 4 - DECADES)
        share = sum(p <= level for p in p_values) / len(p_values)
        if share >= 10.0**-DECADES:
            points.append((step / 4 / DECADES, 1 + math.log10(share) / DECADES))
    return points


def _at(point: Point) -> str:
    return f"{EDGE + point[0] * SIDE:.1f} {EDGE + (1 - point[1]) * SIDE:.1f}"
