"""One prediction a vector, the same whatever stands beside it; what cannot be trusted is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from research.starter import train_starter
from services.features.config import FeatureSpec
from services.features.processor import FeatureProcessor
from services.inference.model import Model
from services.inference.processor import InferenceProcessor
from shared.block import Block
from shared.failures import BadInput
from shared.streams import FEATURES, TICKS
from tests.fixtures.feature_tapes import SECOND_NS, content, random_bars, run
from tests.fixtures.signed import loaded

SPEC = FeatureSpec(interval_ns=5 * SECOND_NS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("model")
    train_starter(random_bars(400, 8, 1), SPEC, place, seed=5)
    return place


@pytest.fixture(scope="module")
def model(folder: Path) -> Model:
    return loaded(folder, folder.parent / "data")


@pytest.fixture(scope="module")
def vectors() -> Block:
    return FeatureProcessor(SPEC, 2).learn(random_bars(60, 4, 9))


def test_each_vector_gets_one_prediction_whatever_the_cut(model: Model, vectors: Block) -> None:
    processor = InferenceProcessor(model)
    whole = run(processor, [vectors])
    singles = [vectors.rows(i, i + 1).until(vectors.watermark_ns) for i in range(len(vectors))]
    assert content(run(processor, singles)) == content(whole)
    predictions = whole["predictions"]
    warm = predictions["flags"] & 1 == 0
    assert predictions["instrument"].tolist() == vectors["instrument"].tolist()
    assert np.abs(predictions["probabilities"][warm].sum(axis=1) - 1.0).max() < 1e-12
    assert (warm == ~np.isnan(vectors["values"]).any(axis=1)).all()
    assert np.isnan(predictions["probabilities"][~warm]).all()
    assert (predictions.partition, predictions.watermark_ns) == (2, vectors.watermark_ns)


def test_an_empty_block_passes_time_on(model: Model) -> None:
    (out,) = InferenceProcessor(model).handle(FEATURES.empty(watermark_ns=77, partition=4))
    assert (len(out), out.watermark_ns, out.partition) == (0, 77, 4)


def test_vectors_of_another_specification_are_bad_input(model: Model) -> None:
    other = FeatureProcessor(FeatureSpec(interval_ns=5 * SECOND_NS, session_ns=SECOND_NS), 0)
    with pytest.raises(BadInput, match="wants vectors of spec"):
        InferenceProcessor(model).handle(other.learn(random_bars(3, 2, 1)))
    with pytest.raises(BadInput, match="reads features"):
        InferenceProcessor(model).handle(TICKS.empty(watermark_ns=1))


def test_the_processor_keeps_no_state(model: Model) -> None:
    processor = InferenceProcessor(model)
    processor.restore(processor.snapshot())
    with pytest.raises(BadInput):
        processor.restore(b"x")
