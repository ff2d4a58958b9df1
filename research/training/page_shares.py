"""The part of a report's page that shows exact shares: which features move the members, and which way."""

from __future__ import annotations

from html import escape
from typing import Final

from research.training.outcome import SetReport
from research.training.shares import FeatureShare, MemberShares, Swarm

SHOWN: Final = 12
CLEARLY: Final = 0.3
"""A rank correlation from which a direction is named."""
WIDTH, LEFT, STEP, DOT, BINS = 640, 190, 30, 2.6, 90


def shares_section(report: SetReport) -> str:
    """The first member as a picture and a table, then all of them; nothing where none weighs features."""
    if not report.shares:
        return ""
    first = report.shares[0]
    return (
        "<section><h2>Exact shares <small>SHAP values of the members</small></h2>"
        f"<p class=note>What each feature adds on {first.rows:,} rows of the last test, by a model that had "
        f"not seen them; a row's shares and its base add up to the member's sum, in {first.unit}.</p>"
        f"<h3>{escape(first.name)}: buy less sell <small>a point a row, the darker the higher the feature's "
        f"value</small></h3><figure>{swarm(first.swarm)}</figure>{_by_class(first)}{_by_member(report)}</section>"
    )


def swarm(lines: tuple[Swarm, ...]) -> str:
    """A line a feature, a point a row: right of zero it spoke for buy, left of it for sell."""
    far = max((abs(lean) for one in lines for lean in one.leans), default=0.0) or 1.0
    middle, half = (LEFT + WIDTH) / 2.0, (WIDTH - LEFT) / 2.0 - 8.0
    height = STEP * len(lines) + 22
    parts = [f'<line class="zero" x1="{middle:.1f}" x2="{middle:.1f}" y1="2" y2="{height - 18}"/>']
    for place, one in enumerate(lines):
        y = STEP * place + STEP / 2.0
        parts.append(f'<text x="{LEFT - 10}" y="{y + 4:.1f}" text-anchor="end">{escape(one.feature)}</text>')
        for lean, tall, aside in zip(one.leans, one.heights, _asides(one.leans, far), strict=True):
            x = middle + half * lean / far
            look = f'r="{DOT}" fill-opacity="{0.15 + 0.75 * tall:.2f}"'
            parts.append(f'<circle class="dot" cx="{x:.1f}" cy="{y + aside:.1f}" {look}/>')
    parts.append(f'<text x="{LEFT}" y="{height - 4}">← sell {far:.3g}</text>')
    parts.append(f'<text x="{WIDTH - 4}" y="{height - 4}" text-anchor="end">buy {far:.3g} →</text>')
    box = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    return f'<svg {box} role="img" aria-label="shares of the features">{"".join(parts)}</svg>'


def _asides(leans: tuple[float, ...], far: float) -> list[float]:
    """How far from its line each point lies: those of one place stand beside each other."""
    taken: dict[int, int] = {}
    asides = []
    for lean in leans:
        place = round(BINS * lean / far)
        count = taken[place] = taken.get(place, -1) + 1
        offset = (count + 1) // 2 * (2.0 * DOT if count % 2 else -2.0 * DOT)
        asides.append(max(-STEP / 2.0 + DOT, min(STEP / 2.0 - DOT, offset)))
    return asides


def _by_class(member: MemberShares) -> str:
    rows = "".join(
        f"<tr><td>{escape(one.feature)}</td><td>{one.sell:.4f}</td><td>{one.hold:.4f}</td><td>{one.buy:.4f}</td>"
        f"<td>{_direction(one)}</td></tr>"
        for one in member.features[:SHOWN]
    )
    return (
        f"<h3>Mean size of the shares <small>{escape(member.name)}, {member.unit}</small></h3>"
        "<table><thead><tr><th>feature</th><th>sell</th><th>hold</th><th>buy</th><th>a high value</th></tr>"
        f"</thead><tbody>{rows}</tbody></table>"
    )


def _by_member(report: SetReport) -> str:
    if len(report.shares) < 2:
        return ""
    named = [one.feature for one in report.shares[0].features[:SHOWN]]
    head = "".join(f"<th>{escape(member.name)}</th>" for member in report.shares)
    parts = [_parts(member) for member in report.shares]
    rows = "".join(
        f"<tr><td>{escape(name)}</td>{''.join(f'<td>{part.get(name, 0.0):.1%}</td>' for part in parts)}</tr>"
        for name in named
    )
    return (
        "<h3>Every member <small>a feature's part of all that moves it</small></h3><div class=wide><table>"
        f"<thead><tr><th>feature</th>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _parts(member: MemberShares) -> dict[str, float]:
    sizes = {one.feature: one.sell + one.hold + one.buy for one in member.features}
    whole = sum(sizes.values()) or 1.0
    return {name: size / whole for name, size in sizes.items()}


def _direction(one: FeatureShare) -> str:
    if abs(one.direction) < CLEARLY:
        return "goes either way"
    return "speaks for buy" if one.direction > 0 else "speaks for sell"
