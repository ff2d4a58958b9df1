"""An instrument is answered by its sector's models, whatever the cut."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest

from services.inference import manifest as manifests
from services.inference.processor import InferenceProcessor
from services.inference.routed import RoutedProcessor
from services.inference.source_sealed import load_sealed, sealed_processor
from shared.block import Block
from shared.failures import BadInput, Refused
from shared.market import Instrument, Instruments
from shared.processor import Processor
from shared.streams import FEATURES, TICKS
from tests.fixtures import models
from tests.fixtures.feature_tapes import content, run
from tests.fixtures.sealed_models import trust_of
from tests.fixtures.signed import signed_in_place

DAY_NS = 86_400_000_000_000
SECTORS = {1: "Technology", 2: "Energy", 3: "Utilities", 4: ""}
INSTRUMENTS = Instruments(
    Instrument(instrument=number, symbol=f"S{number}", sector=sector) for number, sector in SECTORS.items()
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("trained")
    for sector, kind, days in (
        ("Technology", "linear", 1), ("Technology", "lightgbm", 5), ("Energy", "catboost", 1),
        ("", "forest", 1),
    ):  # fmt: skip
        whole = models.single(kind)
        manifest = msgspec.structs.replace(whole.manifest, sector=sector, horizon_ns=days * DAY_NS)
        below = place / (sector or "all") / f"{days}d"
        below.mkdir(parents=True)
        (below / "manifest.json").write_bytes(manifests.encode(manifest))
        for name, artefact in whole.artefacts.items():
            (below / name).write_bytes(artefact)
        signed_in_place(below, place / "data")
    return place


def processor_of(place: Path, folder: Path) -> Processor:
    """What a run would predict with, under the trust of the module's key."""
    return sealed_processor(place, INSTRUMENTS, trust_of(folder / "data"))


def vectors(rows: int = 60) -> Block:
    values = models.rows(51, rows)
    values[7, 2] = np.nan
    columns = {
        "event_time_ns": np.repeat(np.arange(rows // 5), 5),
        "instrument": np.tile(np.array([1, 2, 3, 4, 9], np.int32), rows // 5),
        "spec": np.ones(rows, np.int64),
        "values": values,
    }
    return FEATURES.block(columns, watermark_ns=rows, partition=3)


def test_each_instrument_gets_a_row_from_each_of_its_sector_s_models(folder: Path) -> None:
    block = vectors()
    out = run(processor_of(folder, folder), [block])["predictions"]
    for place, (instrument, below) in enumerate(
        [(1, "Technology/1d"), (2, "Energy/1d"), (3, "all/1d"), (4, "all/1d"), (9, "all/1d")]
    ):
        model = load_sealed(folder / below, trust_of(folder / "data"))[1]
        mine = out.take(np.flatnonzero((out["instrument"] == instrument) & (out["model"] == model.hash)))
        alone = run(InferenceProcessor(model), [block.take(np.arange(place, 60, 5))])["predictions"]
        assert content({"predictions": mine}) == content({"predictions": alone})
    assert len(out) == 60 + 12
    assert out["horizon_ns"][out["instrument"] == 1].tolist() == [DAY_NS, 5 * DAY_NS] * 12
    assert (out.partition, out.watermark_ns) == (3, 60)


def test_rows_do_not_depend_on_how_the_vectors_are_cut(folder: Path) -> None:
    block, processor = vectors(), processor_of(folder, folder)
    cuts = [block.rows(i, i + 7) for i in range(0, 60, 7)]
    assert content(run(processor, cuts)) == content(run(processor, [block]))


def test_an_instrument_without_a_model_for_its_sector_gets_no_row(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "Energy").symlink_to(folder / "Energy")
    out = run(processor_of(tmp_path, folder), [vectors()])["predictions"]
    assert set(out["instrument"].tolist()) == {2}


def test_an_empty_block_passes_time_on(folder: Path) -> None:
    (out,) = processor_of(folder, folder).handle(FEATURES.empty(watermark_ns=77, partition=4))
    assert (len(out), out.watermark_ns, out.partition) == (0, 77, 4)


def test_one_model_needs_no_sectors_unless_it_is_for_one(folder: Path) -> None:
    assert isinstance(processor_of(folder / "all/1d", folder), InferenceProcessor)
    assert isinstance(processor_of(folder, folder), RoutedProcessor)
    out = run(processor_of(folder / "Energy/1d", folder), [vectors()])["predictions"]
    assert set(out["instrument"].tolist()) == {2}


def test_a_bad_model_is_found_before_the_first_row(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "Energy" / "1d").mkdir(parents=True)
    for name in ("manifest.json", "manifest.sig"):
        (tmp_path / "Energy" / "1d" / name).write_bytes((folder / "Energy/1d" / name).read_bytes())
    with pytest.raises(Refused, match=r"lacks catboost\.bin"):
        processor_of(tmp_path, folder)


def test_a_set_of_which_one_model_is_not_signed_is_refused_whole(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "Energy", tmp_path / "Energy")
    (tmp_path / "Energy/1d/manifest.sig").unlink()
    with pytest.raises(Refused, match="is not signed"):
        processor_of(tmp_path, folder)


def test_it_reads_features_and_keeps_no_state(folder: Path) -> None:
    processor = processor_of(folder, folder)
    processor.restore(processor.snapshot())
    with pytest.raises(BadInput, match="reads features"):
        processor.handle(TICKS.empty(watermark_ns=1))
    with pytest.raises(BadInput):
        processor.restore(b"x")
