"""A metric that nothing feeds is a promise to a dashboard that nobody keeps."""

from __future__ import annotations

import ast
from typing import Final

from shared import metrics
from tests.fixtures.house import sources, tree

AWAITED: Final = {
    "LATE_ROWS": "the live order counts late rows, and tells no meter yet",
}
"""Declared for dashboards, and known not to move; whoever feeds one takes it off this list."""
DECLARED: Final = frozenset(
    name for name, value in vars(metrics).items() if isinstance(value, metrics.Metric) and name.isupper()
)


def fed() -> set[str]:
    """Names of metrics that are passed to `counter`, `gauge` or `histogram` somewhere."""
    found: set[str] = set()
    for file in sources():
        for node in ast.walk(tree(file)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                first = node.args[0]
                if node.func.attr in {"counter", "gauge", "histogram"}:
                    found |= {first.attr} if isinstance(first, ast.Attribute) else set()
                    found |= {first.id} if isinstance(first, ast.Name) else set()
    return found & DECLARED


def test_every_declared_metric_is_fed_somewhere() -> None:
    assert DECLARED - fed() - set(AWAITED) == set()


def test_what_is_awaited_is_declared_and_not_yet_fed() -> None:
    assert set(AWAITED) <= DECLARED
    assert fed() & set(AWAITED) == set()
