"""One look at every model of a run, in the words of the watch."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

from deploy.pins import plain, resolved, wanted
from research.watch.look import look
from shared.store.memory import MemoryStore
from tests.fixtures.house import ROOT, read
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


LOOK = """
import sys
from pathlib import Path
from research.explained import explain_orders
import research.watch.why
from research.watch.look import look
from shared.store.memory import MemoryStore
from tests.fixtures.sealed_models import trust_of
from tests.fixtures.watched_run import RUN, lived, promised

data, store = Path(sys.argv[1]), MemoryStore()
lived(store, data, promised(data, store))
foreign = set(sys.argv[2:])
for name in [name for name in sys.modules if name.split(".")[0] in foreign]:
    del sys.modules[name]
sys.modules.update(dict.fromkeys(foreign))
explain_orders(store, RUN, data, trust_of(data), 5)
(told,) = look(store, RUN, data, (), 5)
print(told.silent or len(told.measures))
"""


def test_a_look_asks_for_no_package_that_its_image_lacks(tmp_path: Path) -> None:
    project = tomllib.loads(read(Path("pyproject.toml")))["project"]
    lock = read(Path("requirements.lock"))
    names = [resolved(wanted(project, {extra}), lock) for extra in ("desk", "watch")]
    modules = packages_distributions()
    foreign = [
        module for module, owners in modules.items() if {plain(o) for o in owners} <= names[0] - names[1]
    ]
    assert {"pyarrow", "lightgbm", "catboost", "fastapi"} <= set(foreign)
    words = [sys.executable, "-c", LOOK, str(tmp_path), *foreign]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 10
