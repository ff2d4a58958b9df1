"""The child that explains orders keeps what it finds in the record, or says in one line why it cannot."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from research.watch.loop import WHY
from shared.store.postgres import PostgresStore
from tests.fixtures.house import ROOT
from tests.fixtures.postgres import postgres_server, postgres_url
from tests.fixtures.watched_run import RUN, lived, promised
from tests.research.test_explained import decided

__all__ = ["postgres_server", "postgres_url"]


def explaining(url: str, data: Path) -> subprocess.CompletedProcess[str]:
    """The child as the watch starts it: in a session of its own, which stands back as a whole."""
    told = {"TAPELINE_DB": url, "TAPELINE_DATA": str(data), "TAPELINE_RUN": RUN, "PYTHONPATH": str(ROOT)}
    surroundings = {**os.environ, **told}
    return subprocess.run(
        WHY, env=surroundings, capture_output=True, text=True, check=False, start_new_session=True
    )


@pytest.mark.postgres
def test_orders_of_a_run_are_explained_by_a_child_of_their_own(postgres_url: str, tmp_path: Path) -> None:
    store = PostgresStore(postgres_url, tmp_path)
    row = promised(tmp_path, store)
    lived(store, tmp_path, row, closes=50)
    decided(store, 20, row.model)
    done = explaining(postgres_url, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    (found,) = store.explanations(RUN, 0, 10)
    assert (found.model, found.of) == (row.model, "sell")
    store.close()
    assert WHY[0] == sys.executable
