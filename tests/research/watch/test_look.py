"""One look at every model of a run, in the words of the watch."""

from pathlib import Path

from research.watch.look import look
from shared.store.memory import MemoryStore
from tests.fixtures.watched_run import RUN, lived, promised


def test_a_model_that_cannot_be_measured_keeps_no_other_from_it(tmp_path: Path) -> None:
    store = MemoryStore()
    good = promised(tmp_path, store)
    lived(store, tmp_path, good)
    (calm,) = look(store, RUN, tmp_path, (), 5)
    assert (calm.model, calm.silent) == ("toy", "")
    assert {one.kind for one in calm.measures} == {
        "feature psi", "feature ks", "answer psi", "answer ks", "calibration", "rank ic", "loss",
    }  # fmt: skip
    assert len(store.health(RUN, good.model)) == len(calm.measures)
