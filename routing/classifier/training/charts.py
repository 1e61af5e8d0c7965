"""Line charts as small SVG files, so that a training run needs no drawing library."""

from collections.abc import Iterator, Sequence
from html import escape

from msgspec import Struct

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 760, 400, 64, 48, 36, 270
COLOURS = ("#1f6feb", "#d1242f", "#2da44e", "#8250df", "#6e7781", "#bf8700", "#1b7c83", "#bf3989")
TICKS = 5
Point = tuple[float, float]


class Series(Struct, frozen=True):
    """A line; `dots` marks its points."""

    name: str
    points: Sequence[Point]
    dots: bool = False


def chart(title: str, x: str, y: str, series: Sequence[Series]) -> str:
    """The SVG text. Axes are named; a chart without points is an empty frame."""
    points = [point for one in series for point in one.points] or [(0.0, 0.0), (1.0, 1.0)]
    frame = _Frame(*_range([px for px, _ in points]), *_range([py for _, py in points]))
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="22" font-size="15">{escape(title)}</text>',
        *_axes(frame, x, y),
        *(line for at, one in enumerate(series) for line in _drawn(frame, one, at)),
        "</svg>\n",
    ]
    return "\n".join(lines)


class _Frame(Struct, frozen=True):
    left: float
    right: float
    low: float
    high: float

    def at(self, point: Point) -> Point:
        """Pixels."""
        across = (point[0] - self.left) / (self.right - self.left)
        up = (point[1] - self.low) / (self.high - self.low)
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - BOTTOM - TOP)


def _range(values: Sequence[float]) -> Point:
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _axes(frame: _Frame, x: str, y: str) -> Iterator[str]:
    for tick in range(TICKS + 1):
        value_x = frame.left + (frame.right - frame.left) * tick / TICKS
        value_y = frame.low + (frame.high - frame.low) * tick / TICKS
        (px, _), (_, py) = frame.at((value_x, frame.low)), frame.at((frame.left, value_y))
        yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{py:.1f}" y2="{py:.1f}" stroke="#d0d7de"/>'
        yield f'<text x="{LEFT - 6}" y="{py + 4:.1f}" text-anchor="end">{value_y:.3g}</text>'
        yield f'<text x="{px:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{value_x:.4g}</text>'
    middle = (LEFT + WIDTH - RIGHT) / 2
    yield f'<text x="{middle}" y="{HEIGHT - 10}" text-anchor="middle">{escape(x)}</text>'
    turned = f'x="14" y="{HEIGHT / 2}" transform="rotate(-90 14 {HEIGHT / 2})"'
    yield f'<text {turned} text-anchor="middle">{escape(y)}</text>'


def _drawn(frame: _Frame, one: Series, at: int) -> Iterator[str]:
    colour = COLOURS[at % len(COLOURS)]
    pixels = [frame.at(point) for point in one.points]
    path = " ".join(f"{px:.1f},{py:.1f}" for px, py in pixels)
    yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
    if one.dots:
        yield from (f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3" fill="{colour}"/>' for px, py in pixels)
    height = TOP + 12 + 18 * at
    yield f'<rect x="{WIDTH - RIGHT + 12}" y="{height - 9}" width="10" height="10" fill="{colour}"/>'
    yield f'<text x="{WIDTH - RIGHT + 28}" y="{height}">{escape(one.name)}</text>'
