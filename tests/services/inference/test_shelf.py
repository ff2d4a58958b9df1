"""A process holds what a child has tried, and keeps what it had when a model is refused."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from services.inference.lineup import AND, Lineup
from services.inference.model import Model
from services.inference.processor import InferenceProcessor
from services.inference.routed import RoutedProcessor
from services.inference.shadowed import ShadowedProcessor
from services.inference.shelf import MOST_HELD, Shelf
from services.inference.source_sealed import load_sealed, sealed_processor
from services.inference.trial import Task
from shared.engine.context import Context
from shared.failures import Refused
from shared.logs import Logger
from shared.market import Instrument, Instruments
from shared.metrics import Metrics
from shared.models.together import keep_together
from shared.settings import Log
from shared.store.memory import MemoryStore
from shared.streams import FEATURES
from tests.fixtures.blocks import block
from tests.fixtures.plans import PLAN
from tests.fixtures.sealed_models import trust_of
from tests.fixtures.signed import kept_model


@dataclass
class Answer:
    """A trial whose outcome a test gives."""

    said: str | None = None

    def outcome(self, now_ns: int) -> str | None:
        """As the test says."""
        return self.said


@dataclass
class Bench:
    """A shelf in a data folder with three models, and everything that it says."""

    data: Path
    trials: dict[str, Answer] = field(default_factory=dict)
    tasks: list[Task] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folders = [kept_model(self.data, seed=seed) for seed in (1, 2, 3)]
        self.one, self.two, self.three = (folder.name for folder in self.folders)
        self.metrics, self.log = Metrics("inference"), io.StringIO()
        plan = msgspec.structs.replace(PLAN, model=str(self.folders[0]))
        logger = Logger(Log(format="json"), self.log, {})
        context = Context(
            "t", plan, Instruments([]), MemoryStore(), self.data, metrics=self.metrics, log=logger
        )
        self.shelf = Shelf(context, lambda: trust_of(self.data), self.load, self.start)

    def load(self, folder: Path, trusted: frozenset[str]) -> tuple[str, Model]:
        self.loads.append(folder.name)
        return load_sealed(folder, trusted)

    def start(self, task: Task, now_ns: int) -> Answer:
        self.tasks.append(task)
        return self.trials.setdefault(Path(task.folder).name, Answer())


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_the_model_of_the_plan_is_loaded_at_once(bench: Bench) -> None:
    assert bench.shelf.first == Lineup(bench.one)
    assert isinstance(bench.shelf.processor(bench.shelf.first), InferenceProcessor)
    assert bench.tasks == [] and bench.loads == [bench.one]


def test_another_model_is_loaded_only_after_a_child_has_said_yes(bench: Bench) -> None:
    wish, now = Lineup(bench.two, (bench.one,)), bench.shelf.first
    bench.shelf.look(wish, 1)
    bench.shelf.look(wish, 2)
    assert [(Path(task.folder).name, task.spec, task.interval_ns) for task in bench.tasks] == [
        (bench.two, 1, 5)
    ]
    assert bench.shelf.ready(wish, now, 3) is None and bench.loads == [bench.one]
    bench.trials[bench.two].said = ""
    assert bench.shelf.ready(wish, now, 4) == wish
    assert isinstance(bench.shelf.processor(wish), ShadowedProcessor)
    assert bench.loads == [bench.one, bench.two]


def test_a_refused_model_is_left_out_counted_and_said(bench: Bench) -> None:
    wish, now = Lineup(bench.two, (bench.one, bench.three)), bench.shelf.first
    bench.shelf.look(wish, 1)
    bench.trials[bench.two].said = "model x did not answer within 120 s"
    bench.trials[bench.three].said = ""
    assert bench.shelf.ready(wish, now, 2) == Lineup(bench.one, (bench.three,))
    assert bench.two not in bench.loads
    assert (
        'tapeline_model_refusals_total{reason="trial",service="inference"} 1.0'
        in bench.metrics.text().decode()
    )
    assert '"event":"model.refused"' in bench.log.getvalue()
    assert "did not answer within 120 s" in bench.log.getvalue()


def test_a_model_that_changed_between_trial_and_loading_is_refused(bench: Bench) -> None:
    wish = Lineup(bench.two)
    bench.shelf.look(wish, 1)
    bench.trials[bench.two].said = ""
    (bench.folders[1] / "lightgbm.bin").write_bytes(b"other")
    assert bench.shelf.ready(wish, bench.shelf.first, 2) == bench.shelf.first
    assert 'reason="load"' in bench.metrics.text().decode()


def test_a_refused_model_may_be_wanted_again(bench: Bench) -> None:
    wish = Lineup(bench.two)
    bench.shelf.look(wish, 1)
    bench.trials[bench.two].said = "model x is not signed"
    assert bench.shelf.ready(wish, bench.shelf.first, 2) == bench.shelf.first
    bench.trials.clear()
    bench.shelf.look(wish, 3)
    assert bench.shelf.ready(wish, bench.shelf.first, 4) is None
    bench.trials[bench.two].said = ""
    assert bench.shelf.ready(wish, bench.shelf.first, 5) == wish


def test_a_line_up_of_the_past_is_loaded_again_when_it_is_asked_for(bench: Bench) -> None:
    bench.shelf.processor(Lineup(bench.three))
    assert bench.loads == [bench.one, bench.three]
    for folder in bench.folders[1:]:
        folder.rename(folder.with_name("moved-" + folder.name))
    with pytest.raises(Refused, match="cannot be opened"):
        bench.shelf.processor(Lineup(bench.two))


def test_it_does_not_hold_models_for_ever(bench: Bench) -> None:
    for seed in range(10, 12 + MOST_HELD):
        bench.shelf.processor(Lineup(kept_model(bench.data, seed=seed).name))
    bench.shelf.processor(bench.shelf.first)
    assert bench.loads.count(bench.one) == 2


def test_a_swap_and_a_useless_command_are_said(bench: Bench) -> None:
    bench.shelf.took(3, 77, Lineup(bench.two))
    bench.shelf.refuse(Refused("a command names model 9"))
    told = bench.metrics.text().decode()
    assert 'tapeline_model_swaps_total{partition="3",service="inference"} 1.0' in told
    assert 'reason="command"' in told
    assert '"after":77' in bench.log.getvalue() and bench.two in bench.log.getvalue()


def test_models_that_are_active_together_are_tried_and_swapped_as_one(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    sectors = [kept_model(tmp_path, sector=sector).name for sector in ("Energy", "Utilities", "Technology")]
    newer = kept_model(tmp_path, sector="Energy", seed=9).name
    plan = msgspec.structs.replace(PLAN, model=str(keep_together(tmp_path, sectors[:2])))
    context = Context("t", plan, Instruments([]), MemoryStore(), tmp_path)
    shelf = Shelf(context, lambda: trust_of(tmp_path), bench.load, bench.start)
    assert shelf.first == Lineup(AND.join(sectors[:2]))
    assert isinstance(shelf.processor(shelf.first), RoutedProcessor)
    wish = Lineup(AND.join([newer, sectors[1]]), (sectors[0],))
    shelf.look(wish, 1)
    bench.trials[newer].said = ""
    assert shelf.ready(wish, shelf.first, 2) == wish


def test_a_model_of_one_sector_does_not_answer_for_the_others(tmp_path: Path) -> None:
    instruments = Instruments(
        [Instrument(instrument=1, symbol="A", sector="Energy"), Instrument(instrument=2, symbol="B")]
    )
    folder = kept_model(tmp_path, sector="Energy")
    context = Context(
        "t", msgspec.structs.replace(PLAN, model=str(folder)), instruments, MemoryStore(), tmp_path
    )
    shelf = Shelf(context, lambda: trust_of(tmp_path), load_sealed, Bench(tmp_path).start)
    vectors = block(FEATURES, [5, 5], watermark_ns=5, instrument=[1, 2], spec=[1, 1], values=[[0.0] * 6] * 2)
    for processor in (
        shelf.processor(shelf.first), sealed_processor(folder, instruments, trust_of(tmp_path))
    ):  # fmt: skip
        (said,) = processor.handle(vectors)
        assert said["instrument"].tolist() == [1]
