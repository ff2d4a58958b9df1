"""The page on extending shows files that work: each is registered by its one line and put to its use."""

from __future__ import annotations

import importlib.util
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pytest

import tests.research.families.test_catalogue as family_laws
import tests.research.labels.test_rules as label_laws
import tests.research.training.test_job as job
from docs.examples.family import CURVES
from docs.examples.feature import RANGE_SHARE
from docs.examples.feed import TICKER
from docs.examples.label import TURNS
from docs.examples.reader import ArrowReader
from research.dataset.examples import Floats
from research.families import catalogue as families
from research.labels import rules
from research.training.plan import POOLED, SyntheticPast
from services.features import catalogue as features
from services.features.config import FeatureSpec
from services.features.processor import FeatureProcessor
from services.inference import arrays
from services.ingest.feeds import names
from services.ingest.feeds.plan import NO_KEYS, FeedPlan
from services.ingest.files import sources
from services.ingest.files.file_checks import FileChecks
from services.ingest.files.intake import take_in
from services.ingest.files.options import ReadOptions
from services.ingest.live_stage import LiveStage
from services.ingest.quality.reasons import Reason
from services.ingest.stages import Outside, stages
from services.ingest.synthetic.market import MarketPlan
from shared.block import Block
from shared.codec import decode
from shared.engine.context import Context
from shared.engine.memory_bus import MemoryBus, MemoryHub
from shared.engine.plan import RunPlan
from shared.lake.block_log import read_cuts
from shared.lake.parquet import read_stream
from shared.lake.writer import LakeWriter
from shared.market import Instruments
from shared.store.contract import RunRow
from shared.store.memory import MemoryStore
from shared.streams import QUARANTINE, TICKS
from shared.time import DAY_NS, SECOND_NS
from tests.fixtures.feature_tapes import START_NS, end_of, random_bars, run, ticks, trade
from tests.fixtures.house import read
from tests.fixtures.signed import loaded

PAGE = Path("docs/extending.md")
EXAMPLES = ("feature", "label", "family", "reader", "feed")
CANDLES = ((10, 12, 9, 11), (11, 15, 11, 14), (14, 14, 12, 13), (16, 18, 16, 17))
"""Open, high, low, close: true ranges of 3, 4, 2 and, because of the gap, 5."""


def test_the_page_shows_nothing_but_parts_of_the_files_that_are_tried_here() -> None:
    files = {name: read(Path(f"docs/examples/{name}.py")) for name in EXAMPLES}
    parts = re.findall(r"```python\n(.*?)```", read(PAGE), re.DOTALL)
    found = [{name for name, code in files.items() if part in code} for part in parts]
    assert [len(holders) for holders in found] == [1] * len(parts)
    assert set().union(*found) == set(EXAMPLES)


# A feature.


@pytest.fixture
def range_share(monkeypatch: pytest.MonkeyPatch) -> FeatureSpec:
    monkeypatch.setitem(features.BY_NAME, RANGE_SHARE.name, RANGE_SHARE)
    return FeatureSpec(interval_ns=SECOND_NS, features=("range_share(2)", "return_1"))


def trades() -> Block:
    """The candles, a trade every tenth of a second."""
    rows = [
        trade(START_NS + bar * SECOND_NS + place * SECOND_NS // 10, price)
        for bar, candle in enumerate(CANDLES)
        for place, price in enumerate(candle)
    ]
    return ticks(rows, START_NS + len(CANDLES) * SECOND_NS - 1)


def test_the_feature_is_its_formula_live_and_from_history(range_share: FeatureSpec) -> None:
    live = run(FeatureProcessor(range_share, 0), [trades()])
    batch = FeatureProcessor(range_share, 0).learn(live["bars"])
    assert range_share.features == ("range_share_2", "return_1")
    np.testing.assert_array_equal(live["features"]["values"][:, 0], [np.nan, np.nan, 2 / 6, 5 / 7])
    assert live["features"]["values"].tobytes() == batch["values"].tobytes()


@pytest.mark.parametrize("place", [1, 100, 333, 599])
def test_the_feature_can_be_cut_anywhere_and_looks_at_nothing_later(
    range_share: FeatureSpec, place: int
) -> None:
    tape = random_bars(300, 2, 4, SECOND_NS)
    whole = FeatureProcessor(range_share, 0).learn(tape)["values"]
    first, twin = FeatureProcessor(range_share, 0), FeatureProcessor(range_share, 0)
    early = first.learn(tape.rows(0, place))["values"]
    twin.restore(first.snapshot())
    later = twin.learn(tape.rows(place, len(tape)))["values"]
    assert early.tobytes() == whole[:place].tobytes()
    assert later.tobytes() == whole[place:].tobytes()


def test_the_laws_of_features_take_it_up_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(features.BY_NAME, RANGE_SHARE.name, RANGE_SHARE)
    monkeypatch.setattr(features, "FEATURES", (*features.FEATURES, RANGE_SHARE))
    spec = importlib.util.find_spec("tests.services.features.test_indicators")
    assert spec is not None and spec.loader is not None
    laws = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(laws)
    assert "range_share_20" in laws.EVERY
    laws.test_a_feature_has_its_first_value_at_the_bar_it_promises()
    laws.test_where_history_starts_is_forgotten_after_the_promised_bars(137)


# A label.


def test_the_label_is_what_came_of_a_bar_and_when_that_was_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(dict_of(rules.BY_NAME), TURNS.name, TURNS)
    bars = run(FeatureProcessor(FeatureSpec(interval_ns=SECOND_NS), 0), [trades(), end_of(trades())])["bars"]
    (told,) = rules.label(bars, [rules.asked("turns(1)")])
    times = bars["event_time_ns"]
    assert told.name == "turns_1"
    np.testing.assert_array_equal(told.values, [-1.0, 1.0, 1.0, np.nan])
    assert told.end_ns.tolist() == [*times[1:].tolist(), rules.UNKNOWN_NS]


@pytest.mark.parametrize(("seed", "place"), [(1, 20), (2, 40), (3, 55)])
def test_the_label_keeps_the_laws_of_labels(monkeypatch: pytest.MonkeyPatch, seed: int, place: int) -> None:
    monkeypatch.setitem(dict_of(rules.BY_NAME), TURNS.name, TURNS)
    label_laws.test_no_value_after_its_end_changes_a_label.hypothesis.inner_test(  # type: ignore[attr-defined]
        seed, "turns_5", place, in_session=True
    )
    label_laws.test_cutting_the_tape_after_its_end_leaves_a_label_alone.hypothesis.inner_test(  # type: ignore[attr-defined]
        seed, "turns_5m", place
    )
    assert job.plan(label="turns").family == "booster"


def dict_of(registry: Any) -> dict[str, Any]:
    """A registry as what it is underneath."""
    assert isinstance(registry, dict)
    return registry


# A family.


def test_the_family_keeps_the_laws_of_families() -> None:
    family_laws.test_a_family_beats_the_base_rates_where_there_is_something_to_know(CURVES)
    family_laws.test_a_family_repeats_itself_and_is_served_as_its_libraries_answer(CURVES)
    family_laws.test_what_comes_later_changes_no_model_of_what_came_before(CURVES)


def test_the_family_is_trained_judged_and_served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(dict_of(families.FAMILIES), CURVES.name, CURVES)
    market = MarketPlan(symbols=11, planted_ic=0.2, interval_ns=DAY_NS)
    few = ("return_1", "signed_volume", "flow_imbalance_5")
    asked = job.plan(few, family="curves", synthetic=SyntheticPast(market=market, bars=250))
    (done,) = job.made(asked, tmp_path)
    assert done.report is not None and done.report.verdict == "pass"
    model = loaded(tmp_path / POOLED / "1", tmp_path / "data")
    values = np.array([row.values for row in model.manifest.reference])
    assert model.manifest.family == "curves"
    assert model.predictor.predict(values)[1] == pytest.approx(by_hand(tmp_path, values), abs=1e-12)


def by_hand(out: Path, values: Floats) -> Floats:
    """The answers of the file's arrays, in plain numpy."""
    told = arrays.decode("linear", (out / POOLED / "1" / "curves.arrays").read_bytes())
    odds = np.exp((values - told["mean"]) / told["scale"] @ told["weights"] + told["bias"])
    shares: Floats = odds / odds.sum(axis=1, keepdims=True)
    return shares


# A file format.


def arrow_file(path: Path) -> Path:
    """Five rows in two batches: three good ones, one without a price, one without a symbol."""
    times = pa.array([START_NS + second * SECOND_NS for second in range(5)], pa.timestamp("ns", "UTC"))
    told = {"timestamp": times, "symbol": ["A", "B", "A", "A", None], "price": [10.01, 20.5, 10.02, 0, 10.03]}
    table = pa.table({**told, "size": [5, 7, 5, 5, 5], "kind": ["trade"] * 5})
    with pa.ipc.new_file(str(path), table.schema) as file:
        file.write_table(table, max_chunksize=3)
    return path


def test_the_format_is_taken_in_checked_and_counted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(dict_of(sources.READERS), ".arrow", ArrowReader)
    file, lake = arrow_file(tmp_path / "ticks.arrow"), tmp_path / "lake"
    assert sources.files_under([tmp_path]) == [file]
    reader = sources.open_reader(file, Instruments(), ReadOptions())
    with LakeWriter(lake) as writer:
        made = take_in(reader, FileChecks(), writer, lake, ("one", lambda done, size: None))
    assert (made.read, made.accepted, made.quarantined, made.unreadable) == (5, 3, 1, 1)
    assert made.reasons == {Reason.ZERO_PRICE: 1}
    assert read_stream(lake, TICKS)["price"].tolist() == [1001, 2050, 1002]
    assert read_stream(lake, QUARANTINE)["reason"].tolist() == [Reason.ZERO_PRICE]
    assert reader.done == reader.size


# A live feed.


@contextmanager
def ticker(lines: list[str]) -> Iterator[str]:
    """A venue that says these lines to whoever connects; its address."""

    class Venue(StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write("".join(f"{line}\n" for line in lines).encode())
            self.rfile.read()

    with ThreadingTCPServer(("127.0.0.1", 0), Venue) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join(10)


def until(come: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not come():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_the_feed_is_checked_recorded_and_published(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(dict_of(names.FEEDS), "ticker", TICKER)
    at_ns = time.time_ns()
    lines = ["ready", *(f"{at_ns + n},ACME,{10 + n}.01,5,{n}" for n in range(1, 6))]
    lines += [lines[3], "what?", f"{at_ns},ACME,1.00,5,", f"{9**99},ACME,1.00,5,7"]
    lines += [f"{at_ns + 6},ACME,0.00,5,6"]
    with ticker(lines) as address:
        stage, store, bus = desk(FeedPlan(symbols=("ACME",), feed_url=address), tmp_path)
        bus.publish(stage.resume(bus, store))

        def heard() -> bool:
            bus.publish(stage.advance(time.time_ns()).letters)
            return len(rows(bus, stage, TICKS.name)) + len(rows(bus, stage, QUARANTINE.name)) == 6

        until(heard)
        stage.close()
    published = rows(bus, stage, TICKS.name)
    assert [row["price"] for row in published] == [1101, 1201, 1301, 1401, 1501]
    assert [row["reason"] for row in rows(bus, stage, QUARANTINE.name)] == [Reason.ZERO_PRICE]
    recorded = [decode(part) for _, parts in read_cuts(tmp_path / "blocks" / "t") for part in parts]
    assert [price for block in recorded for price in block["price"].tolist()] == [
        row["price"] for row in published
    ]


def desk(feed: FeedPlan, folder: Path) -> tuple[LiveStage, MemoryStore, MemoryBus]:
    """The stage of a run whose source is the ticker, beside a bus and a store in memory."""
    plan = RunPlan(
        mode="live",
        interval_ns=SECOND_NS,
        accounts=(0,),
        source={"kind": "ticker", **msgspec.to_builtins(feed)},
        model="",
        risk={},
        venue={},
        cash={},
        partitions=1,
    )
    wiring = names.Wiring(feed, NO_KEYS, lambda line: None)
    store, bus = MemoryStore(), MemoryBus(MemoryHub())
    store.open_run(RunRow(run="t", mode="live"))
    instruments = names.feed_instruments("ticker", wiring)
    (stage,) = stages(Context("t", plan, instruments, store, folder), Outside(say=lambda line: None))
    assert isinstance(stage, LiveStage)
    stage.run = "t"
    bus.ensure(stage.outputs())
    return stage, store, bus


def rows(bus: MemoryBus, stage: LiveStage, stream: str) -> list[dict[str, Any]]:
    """Every row of a stream on the bus."""
    keys = [key for key in stage.outputs() if key.stream == stream]
    blocks = [
        decode(entry.payload) for told in bus.read(dict.fromkeys(keys, 0), 0.0).values() for entry in told
    ]
    return [
        {name: block[name][row].item() for name in block.stream.names}
        for block in blocks
        for row in range(len(block))
    ]
