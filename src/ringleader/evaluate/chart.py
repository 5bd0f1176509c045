"""Two small charts as SVG: stated against observed, and precision against coverage."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ringleader.evaluate.attribution import Evaluation, Result
from ringleader.evaluate.measure import coverage, reliability

SIDE, EDGE = 200, 30
COLOURS = ("#1b6ca8", "#c0392b", "#7d6608", "#2e7d32", "#6a1b9a", "#455a64")
Point = tuple[float, float]


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
        path.write_text(draw(across, up, dict(zip(names, curves, strict=True))), encoding="utf-8")
        paths.append(path)
    return paths


def draw(across: str, up: str, curves: dict[str, Sequence[Point]]) -> str:
    """Curves within the unit square, with a legend at the right."""
    size = SIDE + 2 * EDGE
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size + 240} {size}" font-family="sans-serif" '
        f'font-size="10"><rect width="100%" height="100%" fill="#fff"/>',
        f'<path d="M{_at((0, 0))}L{_at((1, 0))}M{_at((0, 0))}L{_at((0, 1))}" stroke="#333" fill="none"/>',
        f'<path d="M{_at((0, 0))}L{_at((1, 1))}" stroke="#bbb" stroke-dasharray="3" fill="none"/>'
        if "stated" in across else "",
        f'<text x="{EDGE + SIDE / 2}" y="{size - 6}" text-anchor="middle">{across}</text>',
        f'<text transform="translate(10 {EDGE + SIDE / 2})rotate(-90)" text-anchor="middle">{up}</text>',
    ]  # fmt: skip
    for tick in (0, 0.5, 1):
        out.append(f'<text x="{EDGE + tick * SIDE}" y="{EDGE + SIDE + 12}" text-anchor="middle">{tick:g}</text>')
        out.append(f'<text x="{EDGE - 4}" y="{EDGE + (1 - tick) * SIDE + 3}" text-anchor="end">{tick:g}</text>')
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


def _at(point: Point) -> str:
    return f"{EDGE + point[0] * SIDE:.1f} {EDGE + (1 - point[1]) * SIDE:.1f}"
