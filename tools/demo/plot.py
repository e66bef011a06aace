#!/usr/bin/python3
"""Draw loss curves as SVG from the loss.csv files of trainings. Needs nothing but Python.

    plot.py --out docs/demo-loss.svg NAME=build/demo/NAME/loss.csv ...
"""

from __future__ import annotations

import argparse
import csv
import math
from pathlib import Path

WIDTH, HEIGHT = 760, 400
LEFT, RIGHT, TOP, BOTTOM = 60, 20, 20, 50
COLOURS = ("#1b6ca8", "#c2571a", "#2e7d4f", "#7a4fa3")
TICKS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
SMOOTH_ROWS = 5  # rows of the log whose mean is one point of the training curve

Curve = list[tuple[float, float]]  # millions of tokens, loss


def read(path: Path) -> tuple[Curve, Curve]:
    """(training loss, held-out loss)."""
    training: Curve = []
    held_out: Curve = []
    for row in csv.DictReader(path.read_text().splitlines()):
        at = int(row["tokens"]) / 1e6
        training.append((at, float(row["loss"])))
        if row["held_out_loss"]:
            held_out.append((at, float(row["held_out_loss"])))
    means = [(training[i][0], sum(loss for _, loss in training[max(0, i - SMOOTH_ROWS + 1):i + 1]) / min(i + 1, SMOOTH_ROWS)) for i in range(len(training))]
    return means, held_out


def draw(curves: dict[str, tuple[Curve, Curve]]) -> str:
    """The drawing: a thin line for the training loss, a thick one for the held-out loss, logarithmic upwards."""
    points = [p for pair in curves.values() for curve in pair for p in curve]
    most = max(at for at, _ in points)
    low = max(t for t in TICKS if t <= min(loss for _, loss in points)) if min(loss for _, loss in points) >= TICKS[0] else TICKS[0]
    high = min((t for t in TICKS if t >= max(loss for _, loss in points)), default=10.0)

    def x(at: float) -> float:
        return LEFT + at / most * (WIDTH - LEFT - RIGHT)

    def y(loss: float) -> float:
        return TOP + math.log(high / max(loss, low)) / math.log(high / low) * (HEIGHT - TOP - BOTTOM)

    def line(curve: Curve, colour: str, width: float) -> str:
        path = " ".join(f"{x(at):.1f},{y(loss):.1f}" for at, loss in curve)
        return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>'

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>']
    for tick in TICKS:
        if low <= tick <= high:
            out.append(f'<path d="M{LEFT} {y(tick):.1f}H{WIDTH - RIGHT}" stroke="#ddd"/><text x="{LEFT - 6}" y="{y(tick) + 4:.1f}" text-anchor="end">{tick:g}</text>')
    step = max(1, round(most / 8))
    for at in range(0, int(most) + 1, step):
        out.append(f'<text x="{x(at):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{at}</text>')
    out.append(f'<text x="{(LEFT + WIDTH) / 2:.0f}" y="{HEIGHT - 10}" text-anchor="middle">million token positions</text>')
    out.append(f'<text x="16" y="{HEIGHT / 2:.0f}" text-anchor="middle" transform="rotate(-90 16 {HEIGHT / 2:.0f})">loss in nats per graded token</text>')
    for number, (name, (training, held_out)) in enumerate(curves.items()):
        colour = COLOURS[number % len(COLOURS)]
        out += [line(training, colour, 0.7), line(held_out, colour, 2.2)]
        out.append(f'<text x="{WIDTH - RIGHT - 8}" y="{TOP + 18 + 17 * number}" text-anchor="end" fill="{colour}">{name}</text>')
    out.append(f'<text x="{WIDTH - RIGHT - 8}" y="{TOP + 18 + 17 * len(curves)}" text-anchor="end" fill="#555">thin: training, thick: held out</text>')
    return "\n".join(out) + "\n</svg>\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("logs", nargs="+", metavar="NAME=FILE")
    args = parser.parse_args()
    args.out.write_text(draw({name: read(Path(path)) for name, path in (log.split("=", 1) for log in args.logs)}))


if __name__ == "__main__":
    main()
