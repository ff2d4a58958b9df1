"""Small drawings for a report, as inline SVG: no script, no font, nothing fetched."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Final

from research.scores.calibration import Bin
from research.scores.card import Measured
from research.training.importance import Importance
from research.training.outcome import FoldLine, MemberLine

SIZE: Final = 340
PAD: Final = 42
LINES: Final = ("var(--accent)", "var(--buy)", "var(--sell)", "var(--hold)")
Place = Callable[[float], float]
COLOURS: Final = {"sell": "var(--sell)", "hold": "var(--hold)", "buy": "var(--buy)"}


def reliability(curves: Mapping[str, Sequence[Bin]]) -> str:
    """What was said against what came: a point a bin, the larger the more rows; on the line is honest."""
    inner = SIZE - 2 * PAD

    def x(share: float) -> float:
        return PAD + inner * share

    def y(share: float) -> float:
        return SIZE - PAD - inner * share

    parts = [_grid(x, y), f'<line class="even" x1="{x(0)}" y1="{y(0)}" x2="{x(1)}" y2="{y(1)}"/>']
    for name, bins in curves.items():
        rows = sum(one.rows for one in bins) or 1
        path = " ".join(f"{x(one.said):.1f},{y(one.came):.1f}" for one in bins)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{COLOURS[name]}" stroke-width="1.5"/>')
        for one in bins:
            told = f"{name}: said {one.said:.3f}, came {one.came:.3f}, {one.rows:,} rows"
            place = f'cx="{x(one.said):.1f}" cy="{y(one.came):.1f}"'
            look = f'r="{2.5 + 9 * (one.rows / rows) ** 0.5:.1f}" fill="{COLOURS[name]}" fill-opacity="0.55"'
            parts.append(f"<circle {place} {look}><title>{told}</title></circle>")
    parts.append(f'<text x="{SIZE / 2}" y="{SIZE - 8}" text-anchor="middle">probability said</text>')
    turned = f"rotate(-90 12 {SIZE / 2})"
    parts.append(
        f'<text x="12" y="{SIZE / 2}" text-anchor="middle" transform="{turned}">share that came</text>'
    )
    return _svg(SIZE, SIZE, "reliability curve", parts)


def _grid(x: Place, y: Place) -> str:
    lines = []
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        lines.append(f'<line class="grid" x1="{x(0)}" x2="{x(1)}" y1="{y(tick)}" y2="{y(tick)}"/>')
        lines.append(f'<line class="grid" y1="{y(0)}" y2="{y(1)}" x1="{x(tick)}" x2="{x(tick)}"/>')
        lines.append(f'<text x="{x(tick)}" y="{y(0) + 15}" text-anchor="middle">{tick:g}</text>')
        lines.append(f'<text x="{x(0) - 6}" y="{y(tick) + 4}" text-anchor="end">{tick:g}</text>')
    return "".join(lines)


def intervals(lines: Sequence[tuple[str, float, float, float]], label: str) -> str:
    """A line a name: the value as a dot, its interval as a bar, zero as a rule."""
    low = min(0.0, *(one[2] for one in lines))
    high = max(0.0, *(one[3] for one in lines))
    span = (high - low) or 1.0
    width, left, right, step = 640, 150, 60, 26
    height = step * len(lines) + 14

    def x(value: float) -> float:
        return left + (width - left - right) * (value - low) / span

    parts = [f'<line class="zero" x1="{x(0):.1f}" x2="{x(0):.1f}" y1="2" y2="{height - 8}"/>']
    for place, (name, value, lowest, highest) in enumerate(lines):
        y = 16 + step * place
        parts.append(f'<text x="{left - 10}" y="{y + 4}" text-anchor="end">{escape(name)}</text>')
        parts.append(f'<line class="range" x1="{x(lowest):.1f}" x2="{x(highest):.1f}" y1="{y}" y2="{y}"/>')
        parts.append(f'<circle class="dot" cx="{x(value):.1f}" cy="{y}" r="5"/>')
        parts.append(f'<text x="{width - right + 10}" y="{y + 4}">{value:+.3f}</text>')
    return _svg(width, height, label, parts)


def bars(found: Sequence[Importance]) -> str:
    """A bar a feature, as long as what is lost without it."""
    most = max((max(one.loss, 0.0) for one in found), default=0.0) or 1.0
    width, left, step = 640, 190, 22
    parts = []
    for place, one in enumerate(found):
        y = 4 + step * place
        long = (width - left - 90) * max(one.loss, 0.0) / most
        parts.append(f'<text x="{left - 10}" y="{y + 13}" text-anchor="end">{escape(one.feature)}</text>')
        parts.append(f'<rect class="bar" x="{left}" y="{y}" width="{long:.1f}" height="15" rx="3"/>')
        parts.append(f'<text x="{left + long + 8:.1f}" y="{y + 13}">{1e3 * one.loss:+.2f}</text>')
    return _svg(width, step * len(found) + 6, "feature importance", parts)


def of_members(members: Sequence[MemberLine], whole: Measured) -> str:
    """The rank IC of each member and of all together."""
    lines = [(one.name, one.rank_ic, one.rank_ic_low, one.rank_ic_high) for one in members]
    return intervals([*lines, ("together", whole.value, whole.low, whole.high)], "rank IC of the members")


def of_folds(folds: Sequence[FoldLine]) -> str:
    """What each test's predictions gained over the base rates, as bars about zero."""
    gains = [1e3 * (one.log_loss_base - one.log_loss) for one in folds]
    most = max(map(abs, gains), default=0.0) or 1.0
    width, height = 300, 90
    each = width / max(len(gains), 1)
    parts = [f'<line class="zero" x1="0" x2="{width}" y1="{height / 2}" y2="{height / 2}"/>']
    for place, gain in enumerate(gains):
        tall = (height / 2 - 14) * abs(gain) / most
        top = height / 2 - tall if gain >= 0 else height / 2
        kind = "gain" if gain >= 0 else "loss"
        x = each * place + each * 0.2
        parts.append(
            f'<rect class="{kind}" x="{x:.1f}" y="{top:.1f}" width="{each * 0.6:.1f}" height="{tall:.1f}"/>'
        )
        at = top - 3 if gain >= 0 else top + tall + 11
        parts.append(f'<text x="{x + each * 0.3:.1f}" y="{at:.1f}" text-anchor="middle">{gain:+.1f}</text>')
    return _svg(width, height, "gain over the base rates by test", parts)


def curves(lines: Sequence[tuple[str, Sequence[float]]], label: str) -> str:
    """Growth over time, a line a name; the name stands at the line's end."""
    low = min(min(one) for _, one in lines)
    high = max(max(one) for _, one in lines)
    width, height, left, right = 960, 260, 48, 210
    span = (high - low) or 1.0

    def y(value: float) -> float:
        return 12 + (height - 36) * (high - value) / span

    parts = [
        f'<line class="grid" x1="{left}" x2="{width - right}" y1="{y(tick):.1f}" y2="{y(tick):.1f}"/>'
        f'<text x="{left - 8}" y="{y(tick) + 4:.1f}" text-anchor="end">{tick:.2f}</text>'
        for tick in (low, (low + high) / 2.0, high)
    ]
    taken: list[float] = []
    for place, (name, values) in enumerate(sorted(lines, key=lambda one: -one[1][-1])):
        step = (width - left - right) / max(len(values) - 1, 1)
        path = " ".join(f"{left + step * at:.1f},{y(value):.1f}" for at, value in enumerate(values))
        colour = LINES[place % len(LINES)]
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.8"/>')
        below = max(y(values[-1]), taken[-1] + 16.0) if taken else y(values[-1])
        taken.append(below)
        said = f"{escape(name)} {values[-1]:.2f}"
        parts.append(f'<text x="{width - right + 8}" y="{below + 4:.1f}" style="fill:{colour}">{said}</text>')
    return _svg(width, height, label, parts)


def _svg(width: float, height: float, label: str, parts: Sequence[str]) -> str:
    box = f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}"'
    return f'<svg {box} role="img" aria-label="{escape(label)}">{"".join(parts)}</svg>'
