"""A folder of models is taken in by one command, which says what became of each and what comes next."""

from __future__ import annotations

from pathlib import Path

import msgspec

from shared.market import SECTORS
from shared.store.postgres import PostgresStore
from tests.fixtures import models
from tests.fixtures.models import Whole
from tests.fixtures.registry import crown
from tests.fixtures.signed import lay
from tests.fixtures.terminal import Terminal

DAY_NS = 86_400 * 10**9


def made(folder: Path, sector: str, verdict: str, **terms: object) -> Path:
    whole = models.single("linear")
    named = {"name": f"{sector.lower()}-1d", "sector": sector, "verdict": verdict, "horizon_ns": DAY_NS}
    manifest = msgspec.structs.replace(whole.manifest, **(named | terms))
    return lay(Whole(manifest, whole.artefacts), folder / sector / "1d")


def test_a_set_is_taken_in_whole_and_the_bad_one_is_told(terminal: Terminal, tmp_path: Path) -> None:
    one, two, three = SECTORS[:3]
    made(tmp_path / "set", one, "pass")
    made(tmp_path / "set", two, "no edge")
    (made(tmp_path / "set", three, "pass") / "linear.bin").write_bytes(b"other")
    done = terminal.types("models", "import", str(tmp_path / "set"), "--sign")
    assert done.exit_code == 1
    said = " ".join(done.stdout.split())
    assert f"{one} 1 d pass candidate" in said and f"{two} 1 d no edge candidate" in said
    assert "has sha256" in said
    assert f"next: tapeline models promote {one.lower()}-1d@1 --yes" in said
    assert "TAPELINE_INFERENCE__MODEL=active tapeline up --run NAME" in said
    again = terminal.types("models", "import", str(tmp_path / "set" / one / "1d"), "--sign")
    assert again.exit_code == 0 and "candidate, known before" in " ".join(again.stdout.split())


def test_where_others_are_active_the_next_step_is_the_shadow(terminal: Terminal, tmp_path: Path) -> None:
    store = PostgresStore(terminal.db, terminal.data)
    terminal.json("models", "import", str(made(tmp_path / "a", "Energy", "pass")), "--sign")
    crown(store, store.models()[0].address)
    done = terminal.types("models", "import", str(made(tmp_path / "b", "Energy", "pass", seed=3)), "--sign")
    assert "next: tapeline models shadow energy-1d@2" in done.stdout
    nothing = made(tmp_path / "c", "Utilities", "no edge")
    assert "passed none of them" in terminal.types("models", "import", str(nothing), "--sign").stdout
    store.close()
