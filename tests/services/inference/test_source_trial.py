"""A child opens a model before we do; whatever it does there, we learn it in one line and go on."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest

from services.inference import source_trial
from services.inference.source_trial import CHILD, LIMIT_NS, Trial, tried
from services.inference.trial import attempt
from shared.failures import Refused
from shared.models.seal import MANIFEST
from tests.fixtures import models
from tests.fixtures.models import Whole
from tests.fixtures.sealed_models import WRONG
from tests.fixtures.signed import kept_model, lay, resealed, task
from tests.services.inference.test_parts import mutants

SAMPLED = 1


def child(code: str) -> tuple[str, ...]:
    """A child that misbehaves as it is told; its last word is the task."""
    return (sys.executable, "-c", code)


def test_a_good_model_passes_and_says_its_number(tmp_path: Path) -> None:
    folder = kept_model(tmp_path)
    tried(task(folder, tmp_path, spec=1, interval_ns=1))
    assert attempt(task(folder, tmp_path)).hash == models.single("lightgbm").manifest.hash


def test_a_model_for_other_vectors_is_refused(tmp_path: Path) -> None:
    folder = kept_model(tmp_path)
    with pytest.raises(Refused, match="wants vectors of spec 1 every 1 ns, this run has spec 2 every 1 ns"):
        tried(task(folder, tmp_path, spec=2, interval_ns=1))
    with pytest.raises(Refused, match="this run has spec 1 every 60 ns"):
        attempt(task(folder, tmp_path, spec=1, interval_ns=60))


def test_an_unsigned_model_is_refused_by_the_child_too(tmp_path: Path) -> None:
    folder = lay(models.single("linear"), tmp_path / "unsigned")
    with pytest.raises(Refused, match="is not signed"):
        tried(task(folder, tmp_path))


def test_a_model_that_answers_otherwise_is_refused(tmp_path: Path) -> None:
    whole = models.single("linear")
    first, *rest = whole.manifest.reference
    wrong = msgspec.structs.replace(first, probabilities=(0.2, 0.2, 0.6))
    folder = kept_model(tmp_path, whole, reference=(wrong, *rest))
    with pytest.raises(Refused, match="reference row 0"):
        tried(task(folder, tmp_path))


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import os; os.abort()", "ended with SIGABRT"),
        ("import os; os.kill(os.getpid(), 9)", "ended with SIGKILL"),
        ("import sys; sys.exit(3)", "ended with code 3: no word"),
        ("raise ValueError('what is this')", "ended with code 1: ValueError: what is this"),
        ("import ctypes; ctypes.string_at(0)", "ended with SIGSEGV"),
        ("print('x' * 100_000); raise SystemExit(2)", "ended with code 2: x{500}$"),
    ],
)
def test_a_child_that_dies_is_a_refusal(code: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=said):
        tried(task(tmp_path, tmp_path), child(code))


def test_a_child_that_hangs_is_ended_when_its_time_is_up(tmp_path: Path) -> None:
    trial = Trial(task(tmp_path, tmp_path), 0, child("while True: pass"))
    assert trial.outcome(LIMIT_NS - 1) is None
    said = trial.outcome(LIMIT_NS)
    assert said is not None and "did not answer within 120 s" in said
    assert trial._child.poll() is not None


def test_a_child_that_wants_more_memory_than_it_may_have_is_refused(tmp_path: Path) -> None:
    """The limit is small enough to stop the child while it still loads what it needs."""
    with pytest.raises(Refused, match=r"the child that opened it ended with|more than 64 MiB"):
        tried(task(kept_model(tmp_path), tmp_path, memory_mb=64))


def test_a_model_that_swallows_memory_is_refused(tmp_path: Path) -> None:
    code = (
        "import sys, services.inference.trial as trial\n"
        "def greedy(*_): return bytearray(64 << 30)\n"
        "trial.verify = greedy\n"
        "sys.exit(trial.main(sys.argv[1:]))"
    )
    with pytest.raises(Refused, match="wants more than 4096 MiB of memory"):
        tried(task(kept_model(tmp_path), tmp_path), child(code))


def test_a_child_sees_none_of_our_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAPELINE_DB", "postgresql://somebody:word@host/db")
    code = "import os, sys; sys.exit(4 if any('word' in v for v in os.environ.values()) else 0)"
    tried(task(tmp_path, tmp_path), child(code))


@pytest.mark.parametrize(("damage", "said"), WRONG, ids=[damage.__name__ for damage, _ in WRONG])
def test_no_parser_is_reached_where_the_seal_is_broken(
    damage: Callable[[Path, Path], None], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from services.inference import trial
    from tests.fixtures.sealed_models import sealed_folder

    def parser(*_: object) -> None:
        raise AssertionError("a parser was reached")

    monkeypatch.setattr(trial, "verify", parser)
    folder = sealed_folder(tmp_path / "m", tmp_path / "data")
    damage(folder, tmp_path / "data")
    with pytest.raises(Refused, match=said):
        attempt(task(folder, tmp_path / "data"))


def whole_path(kind: str, data: Path, count: int, run: Callable[[Path], object]) -> int:
    """Mutants with a good seal, as somebody would make them whom we trust and should not; how many pass."""
    whole = models.single(kind)
    (name,) = whole.artefacts
    passed, lines = 0, list[str]()
    for number, mutant in enumerate(mutants(whole.artefacts[name])):
        if number == count:
            break
        folder = resealed(data / str(number), whole, {name: mutant})
        try:
            run(folder)
            passed += 1
        except Refused as error:
            lines.append(str(error))
    assert not [line for line in lines if "\n" in line]
    return passed


@pytest.mark.parametrize("kind", models.KINDS)
def test_mutants_with_a_good_seal_are_judged_by_a_child_and_never_end_us(kind: str, tmp_path: Path) -> None:
    def run(folder: Path) -> None:
        tried(task(folder, folder.parents[1]))

    assert whole_path(kind, tmp_path, SAMPLED, run) <= SAMPLED


@pytest.mark.slow
@pytest.mark.parametrize("kind", models.KINDS)
def test_five_hundred_mutants_of_a_kind_are_refused_or_answer_as_before(kind: str, tmp_path: Path) -> None:
    want = [row.probabilities for row in models.single(kind).manifest.reference]

    def run(folder: Path) -> None:
        model = attempt(task(folder, folder.parents[1]))
        values = np.array([row.values for row in model.manifest.reference])
        assert np.abs(model.predictor.predict(values)[1] - np.array(want)).max() < 1e-6

    assert whole_path(kind, tmp_path, 500, run) < 250


def test_the_child_is_our_own_module() -> None:
    assert CHILD[1:] == ("-m", "services.inference.trial")
    assert (source_trial.ROOT / "services/inference/trial.py").is_file()
    assert MANIFEST == "manifest.json" and Whole._fields == ("manifest", "artefacts")
