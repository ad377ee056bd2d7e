"""A recording of a terminal as one SVG that plays by itself: what was on the screen, frame after frame.

It asks for no font and runs no script. Who wants less motion sees the last frame, as does whoever prints it.
"""

from collections.abc import Iterator, Mapping
from html import escape
from itertools import groupby
from typing import Any

import pyte

WIDTH, HEIGHT, MARGIN = 8.4, 18, 14  # of a character and of the frame, in pixels
COLORS = {"red": "#ff7b72", "green": "#7ee787", "brown": "#e3b341", "blue": "#79c0ff", "magenta": "#d2a8ff"}
TEXT, GROUND = "#e6edf3", "#0d1117"

STYLE = """
text {{ font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: {text};
  white-space: pre; }}
.b {{ font-weight: 700; }}
.f {{ visibility: hidden; }}
.f:last-of-type {{ visibility: visible; }}
@media (prefers-reduced-motion: no-preference) {{
.f, .f:last-of-type {{ visibility: hidden; animation-duration: {seconds}s; animation-timing-function: step-end;
  animation-iteration-count: infinite; }}
{frames}
}}
"""


def svg(recording: Mapping[str, Any]) -> str:
    """The picture. `recording` has `title`, `columns` and `frames`: each its seconds, and all written until then."""
    columns = recording["columns"]
    screens = [list(_screen(written, columns)) for _, written in recording["frames"]]
    rows = max(map(len, screens))
    width, height = columns * WIDTH + 2 * MARGIN, rows * HEIGHT + 2 * MARGIN
    drawn = "\n".join(f'<g class="f f{number}">{"".join(screen)}</g>' for number, screen in enumerate(screens))
    title = escape(recording["title"])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="img" aria-label="{title}"><title>{title}</title>'
        f"<style>{_style([seconds for seconds, _ in recording['frames']])}</style>"
        f'<rect width="100%" height="100%" rx="8" fill="{GROUND}"/>\n{drawn}\n</svg>\n'
    )


def _style(seconds: list[float]) -> str:
    """When each frame is seen, as a part of the whole."""
    whole, begun, frames = sum(seconds), 0.0, []
    for number, lasts in enumerate(seconds):
        start, end = 100 * begun / whole, 100 * (begun + lasts) / whole
        steps = f"{start:.2f}% {{ visibility: visible; }}" + (
            f" {end:.2f}% {{ visibility: hidden; }}" if end < 99.99 else ""
        )
        hidden = "0% { visibility: hidden; } " if number else ""
        frames.append(f".f.f{number} {{ animation-name: f{number}; }}\n@keyframes f{number} {{ {hidden}{steps} }}")
        begun += lasts
    return STYLE.format(text=TEXT, seconds=f"{whole:g}", frames="\n".join(frames))


def _screen(written: str, columns: int) -> Iterator[str]:
    """The lines that a terminal shows after that was written to it, down to the last one with a text."""
    screen = pyte.Screen(columns, written.count("\n") + len(written) // columns + 2)
    screen.set_mode(pyte.modes.LNM)  # a line feed begins a line, too
    pyte.Stream(screen).feed(written)
    for row in range(screen.cursor.y + 1):
        yield "".join(_line(screen, row, columns))


def _line(screen: pyte.Screen, row: int, columns: int) -> Iterator[str]:
    """Runs of characters that look the same, each pinned to its columns whatever the font."""
    cells = [(column, screen.buffer[row][column]) for column in range(columns)]
    for (color, bold), run in groupby(cells, key=lambda cell: (cell[1].fg, cell[1].bold)):
        here = list(run)
        text = "".join(character.data for _, character in here).rstrip()
        if text:
            look = (f' fill="{COLORS[color]}"' if color in COLORS else "") + (' class="b"' if bold else "")
            yield (
                f'<text x="{MARGIN + here[0][0] * WIDTH:g}" y="{MARGIN + row * HEIGHT + 13:g}" '
                f'textLength="{len(text) * WIDTH:g}" lengthAdjust="spacingAndGlyphs"{look}>{escape(text)}</text>'
            )
