"""A model's answers from a table and from the record are those that the live line would give."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
from typer.testing import CliRunner

from research.predicting import last_vectors, predicted, read_vectors
from services.features.catalogue import SETS
from services.features.config import FeatureSpec
from services.features.processor import FeatureProcessor
from services.inference import manifest as manifests
from services.inference.manifest import CLASSES
from services.inference.model import Model, verify
from shared.engine.plan import RunPlan
from shared.failures import Refused
from shared.market import Instrument
from shared.store.contract import RunRow
from shared.store.memory import MemoryStore
from shared.streams import FEATURES
from tapeline.__main__ import app
from tests.fixtures import models
from tests.fixtures.blocks import block
from tests.fixtures.feature_tapes import SECOND_NS, random_bars
from tests.fixtures.signed import kept_model

SPEC = FeatureSpec(interval_ns=5 * SECOND_NS)


def table(folder: Path, rows: int) -> Path:
    """A table of the features that the small models know."""
    values = models.rows(4, rows)
    with (folder / "x.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["time", "symbol", *models.FEATURES, "label"])
        for number, row in enumerate(values.tolist()):
            writer.writerow([f"2026-01-05T10:00:0{number}Z", f"S{number}", *row, 1])
    return folder / "x.csv"


def wide_model() -> Model:
    """A model of six columns of the starter's vector."""
    whole = models.single("linear")
    (member,) = whole.manifest.members
    more = (0.0,) * (len(SETS["starter"]) - len(models.FEATURES))
    manifest = msgspec.structs.replace(
        whole.manifest,
        features=SETS["starter"],
        members=(msgspec.structs.replace(member, columns=tuple(range(6))),),
        spec=SPEC.hash,
        interval_ns=SPEC.interval_ns,
        spread=None,
        reference=tuple(
            msgspec.structs.replace(row, values=(*row.values, *more)) for row in whole.manifest.reference
        ),
    )
    return verify(manifests.encode(manifest), whole.artefacts)


def test_a_table_is_answered_row_by_row_with_reasons(tmp_path: Path) -> None:
    folder, file = kept_model(tmp_path), table(tmp_path, 3)
    words = ["predict", "--model", str(folder), "--features", str(file), "--why", "--data", str(tmp_path)]
    done = CliRunner().invoke(app, [*words, "--json"])
    assert done.exit_code == 0, (done.output, done.exception)
    told = json.loads(done.stdout)["rows"]
    whole = models.single("lightgbm")
    model = verify(manifests.encode(whole.manifest), whole.artefacts)
    _, want = model.predictor.predict(models.rows(4, 3))
    found = np.array([[row[name] for name in CLASSES] for row in told])
    assert np.abs(found - want).max() < 1e-6
    assert [row["symbol"] for row in told] == ["S0", "S1", "S2"]
    assert all(
        row["says"] == CLASSES[int(np.argmax(chances))] for row, chances in zip(told, want, strict=True)
    )
    assert all(len(row["because"]) == 3 and row["because"][0]["feature"] in models.FEATURES for row in told)


def test_a_table_without_the_models_features_is_refused(tmp_path: Path) -> None:
    file = table(tmp_path, 1)
    with pytest.raises(Refused, match="lacks 2 columns that the model wants, other, more"):
        read_vectors(file, ("a", "other", "more"))
    (tmp_path / "bad.csv").write_text('time,symbol\n"')
    with pytest.raises(Refused, match=r"is no table|lacks"):
        read_vectors(tmp_path / "bad.csv", ("a",))


def test_the_last_recorded_close_is_the_live_lines_vector() -> None:
    model, store = wide_model(), MemoryStore()
    bars = random_bars(80, 3, 2)
    names = {int(i): f"S{i}" for i in np.unique(bars["instrument"])}
    plan = RunPlan(
        mode="live", interval_ns=SECOND_NS, accounts=(0,), source={}, model="", risk={}, venue={}, cash={}
    )
    store.open_run(RunRow(run="desk", mode="live", settings=plan.text()))
    store.save_instruments("desk", [Instrument(instrument=i, symbol=name) for i, name in names.items()])
    store.copy_rows("desk", bars)
    wanted = [names[i] for i in sorted(names)][:2]
    found = last_vectors(store, "desk", wanted, model.manifest)
    live = FeatureProcessor(SPEC, 0).learn(bars.sorted())
    for symbol, values in zip(found.symbols, found.values, strict=True):
        rows = np.flatnonzero([names[int(i)] == symbol for i in live["instrument"]])
        assert np.array_equal(values, live["values"][rows[-1]], equal_nan=True)
    assert found.symbols == wanted
    assert {row["says"] for row in predicted(model, found, 0)} <= {*CLASSES, "not warm"}
    with pytest.raises(Refused, match="run desk has no NONE"):
        last_vectors(store, "desk", ["NONE"], model.manifest)


def test_a_vector_that_was_served_is_what_the_model_is_asked_about() -> None:
    store = MemoryStore()
    store.open_run(RunRow(run="desk", mode="live", settings=""))
    store.save_instruments(
        "desk", [Instrument(instrument=1, symbol="A"), Instrument(instrument=2, symbol="B")]
    )
    bars = random_bars(40, 2, 7)
    store.copy_rows("desk", bars)
    at = int(bars["event_time_ns"].max())
    told = np.arange(2 * len(SETS["starter"]), dtype=float).reshape(2, -1)
    store.copy_rows(
        "desk",
        block(FEATURES, [at, at], watermark_ns=at, instrument=[1, 2], spec=[SPEC.hash] * 2, values=told),
    )
    assert (
        last_vectors(store, "desk", ["B", "A"], wide_model().manifest).values.tolist() == told[::-1].tolist()
    )


def test_a_model_of_other_vectors_is_refused() -> None:
    strange = msgspec.structs.replace(wide_model().manifest, spec=5)
    store = MemoryStore()
    store.open_run(RunRow(run="desk", mode="live"))
    with pytest.raises(Refused, match="cannot make from bars"):
        last_vectors(store, "desk", [], strange)


def test_one_source_of_vectors_is_wanted() -> None:
    for words in ((), ("--features", "x.csv", "--symbols", "A")):
        assert CliRunner().invoke(app, ["predict", "--model", "m", *words]).exit_code == 2


def test_scores_go_to_a_file_where_one_is_named(tmp_path: Path) -> None:
    folder, file = kept_model(tmp_path), table(tmp_path, 3)
    words = ["predict", "--model", str(folder), "--features", str(file), "--data", str(tmp_path)]
    done = CliRunner().invoke(app, [*words, "--output", str(tmp_path / "scores.csv"), "--json"])
    assert done.exit_code == 0, (done.output, done.exception)
    assert json.loads(done.stdout)["rows"] == 3
    with (tmp_path / "scores.csv").open(newline="") as scored:
        assert [row["symbol"] for row in csv.DictReader(scored)] == ["S0", "S1", "S2"]
