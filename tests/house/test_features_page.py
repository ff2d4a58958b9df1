"""The page of features is what the registry says."""

from __future__ import annotations

from pathlib import Path

from docs import features
from services.features.catalogue import FEATURES
from tests.fixtures.house import read


def test_the_page_is_the_one_that_make_docs_writes() -> None:
    assert read(Path("docs/features.md")) == features.render()


def test_every_feature_stands_on_the_page() -> None:
    text = features.render()
    assert [feature.name for feature in FEATURES if f"| `{feature.name}`" not in text] == []
