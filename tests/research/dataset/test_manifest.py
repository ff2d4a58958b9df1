"""A data set is known by what it was made of; a changed tape, spec, label or source is another data set."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from research.dataset.manifest import (
    DatasetManifest,
    code_hash,
    decode,
    describe,
    differences,
    encode,
    read_sources,
)
from shared.failures import Refused
from tests.fixtures.feature_tapes import random_bars
from tests.fixtures.honest_market import honest

EXAMPLES = honest(1).examples
TAPE = random_bars(30, 2, 2)
CODE = code_hash({"a.py": b"one"})


def described(label: str = "two bars", spec: int = 7) -> DatasetManifest:
    return describe(EXAMPLES, TAPE, spec, label, CODE)


def test_the_same_is_the_same_and_can_be_read_again() -> None:
    assert described() == described()
    assert decode(encode(described())) == described()
    assert len(described().hash) == 64


def test_each_part_changes_the_hash_and_is_named() -> None:
    plain = described()
    moved = EXAMPLES.values.copy()
    moved[5, 2] += 1e-9
    others = {
        "tape": describe(EXAMPLES, random_bars(30, 2, 3), 7, "two bars", CODE),
        "feature_spec": described(spec=8),
        "label": described(label="three bars"),
        "code": describe(EXAMPLES, TAPE, 7, "two bars", code_hash({"a.py": b"two"})),
        "values": describe(replace(EXAMPLES, values=moved), TAPE, 7, "two bars", CODE),
        "labels": describe(replace(EXAMPLES, returns=-EXAMPLES.returns), TAPE, 7, "two bars", CODE),
    }
    assert {name: differences(plain, other) for name, other in others.items()} == {
        name: (name,) for name in others
    }
    assert len({plain.hash, *(other.hash for other in others.values())}) == 7


def test_code_is_known_by_names_and_content_and_not_by_order() -> None:
    assert code_hash({"a": b"1", "b": b"2"}) == code_hash({"b": b"2", "a": b"1"})
    assert code_hash({"a": b"12", "b": b""}) != code_hash({"a": b"1", "b": b"2"})


def test_sources_are_read_by_their_path_in_the_project(tmp_path: Path) -> None:
    (tmp_path / "research").mkdir()
    (tmp_path / "research" / "one.py").write_text("1")
    (tmp_path / "two.py").write_text("2")
    assert read_sources(tmp_path, ("research", "two.py")) == {"research/one.py": b"1", "two.py": b"2"}
    with pytest.raises(Refused, match="no source"):
        read_sources(tmp_path, ("elsewhere",))


@pytest.mark.parametrize("content", [b"", b"{}", b"[" * 100_000, b"x" * (2 << 20)], ids=len)
def test_what_is_no_manifest_is_refused(content: bytes) -> None:
    with pytest.raises(Refused, match="data set manifest"):
        decode(content)


def test_another_format_and_no_rows_are_refused() -> None:
    with pytest.raises(Refused, match="format 2"):
        decode(encode(described()).replace(b'"format": 1', b'"format": 2'))
    with pytest.raises(Refused, match="without rows"):
        describe(EXAMPLES.take(EXAMPLES.times_ns < 0), TAPE, 7, "two bars", CODE)
