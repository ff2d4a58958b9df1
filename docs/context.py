"""Writes the list of fields in docs/context.md from the catalogue."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Final

from shared.facts import FIELDS

PAGE: Final = Path(__file__).parent / "context.md"
HEAD: Final = "## The fields\n"


def table() -> str:
    """A line a field."""
    lines = ["| number | field | unit | what it is | believed |", "|---:|---|---|---|---|"]
    for field, terms in FIELDS.items():
        low = f"from {terms.low:g}" if terms.low > -math.inf else ""
        high = f"to {terms.high:g}" if terms.high < math.inf else ""
        believed = f"{low} {high}".strip() or "any number"
        lines.append(f"| {int(field)} | `{field.name}` | {terms.unit} | {terms.meaning} | {believed} |")
    return "\n".join(lines) + "\n"


def render(page: str) -> str:
    """The page with the catalogue of today."""
    return page.partition(HEAD)[0] + f"{HEAD}\n{table()}"


if __name__ == "__main__":
    PAGE.write_text(render(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
