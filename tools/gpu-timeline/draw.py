#!/usr/bin/env python3
"""Draws docs/gpu-timeline.svg: which processor does what in one layer whose experts are in RAM, for a token and for a prompt.

    tools/gpu-timeline/draw.py >docs/gpu-timeline.svg

Lengths show the order and what waits for what; no length was measured.
"""

from __future__ import annotations

from xml.sax.saxutils import escape

WIDTH, LEFT, LANE, GAP, BOX = 760, 92, 46, 8, 38
STYLE = """
  text { font: 12px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600; font-size: 14px }
  .lane { font-weight: 600 }
  .bed { fill: #f3f4f6 }
  .cpu { fill: #cfe3f7 } .gpu { fill: #cdeed3 } .way { fill: #f9e0bd } .idle { fill: none; stroke: #8c959f; stroke-dasharray: 3 3 }
  .arrow { stroke: #57606a; stroke-width: 1.3; fill: none } .head { fill: #57606a }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .bed { fill: #1c2128 }
    .cpu { fill: #1f4b77 } .gpu { fill: #1d5a2d } .way { fill: #6b4a14 } .idle { stroke: #768390 }
    .arrow { stroke: #adbac7 } .head { fill: #adbac7 }
  }"""

# A panel: its title, its lanes, boxes (lane, begin, end, kind, lines of text), and arrows (lane, x, lane, x).
TOKEN = (
    "One token",
    ("GPU", "PCIe", "CPU"),
    [(0, 0, 150, "gpu", "attention"), (0, 152, 222, "gpu", "norm,\nrouter"), (0, 224, 372, "gpu", "its experts,\nshared experts"),
     (0, 374, 452, "idle", "waits"), (0, 454, 516, "gpu", "join"), (0, 518, 650, "gpu", "next layer's\nattention"),
     (1, 224, 292, "way", "choice,\nstate"), (1, 384, 452, "way", "answers"),
     (2, 0, 292, "idle", "polls"), (2, 294, 382, "cpu", "the absent\nexperts"), (2, 384, 650, "idle", "polls")],
    [(0, 223, 1, 226), (1, 291, 2, 296), (2, 381, 1, 386), (1, 451, 0, 456)],
)
PROMPT = (
    "A prompt of many tokens",
    ("GPU", "copies", "CPU"),
    [(0, 0, 118, "gpu", "attention"), (0, 120, 206, "gpu", "router,\nsorting"), (0, 208, 286, "idle", "waits"),
     (0, 288, 366, "gpu", "experts\nin buffer A"), (0, 368, 446, "gpu", "in B"), (0, 448, 526, "gpu", "in A"),
     (0, 548, 596, "gpu", "join"), (0, 598, 650, "gpu", "next\nlayer"),
     (1, 208, 286, "way", "experts to\nbuffer A"), (1, 288, 366, "way", "to B"), (1, 368, 446, "way", "to A"), (1, 484, 546, "way", "answers"),
     (2, 0, 206, "idle", "polls"), (2, 208, 482, "cpu", "its share of the experts: so many\nthat both end at about the same time"), (2, 484, 650, "idle", "polls")],
    [(0, 206, 2, 210), (1, 286, 0, 290), (1, 366, 0, 370), (1, 446, 0, 450), (2, 482, 1, 486), (1, 546, 0, 550)],
)


def box(x: float, y: float, kind: str, width: float, words: str) -> list[str]:
    lines = words.split("\n")
    out = [f'<rect class="{kind}" x="{x}" y="{y}" width="{width}" height="{BOX}" rx="4"/>']
    first = y + BOX / 2 + 4 - 7 * (len(lines) - 1)
    out += [f'<text x="{x + width / 2}" y="{first + 14 * i}" text-anchor="middle">{escape(line)}</text>' for i, line in enumerate(lines)]
    return out


def panel(top: float, title: str, lanes: tuple, boxes: list, arrows: list) -> list[str]:
    out = [f'<text class="title" x="8" y="{top + 14}">{escape(title)}</text>']

    def y(lane: int) -> float:
        return top + 26 + lane * (LANE + GAP)

    for i, lane in enumerate(lanes):
        out += [f'<rect class="bed" x="{LEFT - 4}" y="{y(i) - 4}" width="{WIDTH - LEFT - 4}" height="{LANE}" rx="4"/>',
                f'<text class="lane" x="8" y="{y(i) + BOX / 2 + 4}">{escape(lane)}</text>']
    for lane, begin, end, kind, words in boxes:
        out += box(LEFT + begin, y(lane), kind, end - begin, words)
    for a, x0, b, x1 in arrows:
        down = b > a
        y0, y1 = y(a) + (BOX if down else 0), y(b) + (0 if down else BOX)
        out.append(f'<path class="arrow" d="M{LEFT + x0} {y0}L{LEFT + x1} {y1}"/>')
        tip, back = LEFT + x1, -6 if down else 6
        out.append(f'<path class="head" d="M{tip} {y1}l-4 {back}h8z"/>')
    return out


def main() -> None:
    height = 2 * (26 + 3 * (LANE + GAP)) + 34
    half = 26 + 3 * (LANE + GAP) + 8
    words = "One layer whose experts are in RAM, on a GPU and a processor. Time runs to the right."
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{words}">', f"<style>{STYLE}\n</style>"]
    out += panel(4, *TOKEN) + panel(4 + half, *PROMPT)
    out.append(f'<text x="8" y="{height - 6}">Time runs to the right. The picture shows the order and what waits for what; no length was measured.</text>')
    print("\n".join(out + ["</svg>"]))


if __name__ == "__main__":
    main()
