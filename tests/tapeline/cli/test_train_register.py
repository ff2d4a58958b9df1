"""From training to the registry in one command: what may be kept is a candidate, and nothing else is."""

from __future__ import annotations

from pathlib import Path

from shared.models.seal import MANIFEST
from shared.store.postgres import PostgresStore
from tapeline.cli.outcome import Unreachable
from tapeline.cli.session import session
from tapeline.cli.train_register import Registrar
from tests.fixtures import models
from tests.fixtures.signed import lay
from tests.fixtures.terminal import Terminal
from tests.tapeline.cli.test_train import SMALL, VECTOR, typed


def test_what_was_trained_is_listed_and_the_table_says_so(terminal: Terminal, tmp_path: Path) -> None:
    words = ("train", "--family", "base_rate", *SMALL, *VECTOR, "--register")
    done = terminal.types(*words)
    assert done.exit_code == 0, done.output
    said = " ".join(done.stdout.split())
    assert "pooled-1@1, candidate" in said
    assert "passed none of them" in said
    store = PostgresStore(terminal.db, terminal.data)
    assert [(row.name, str(row.stage), row.verdict) for row in store.models()] == [
        ("pooled-1", "candidate", "no edge")
    ]
    store.close()
    sets = terminal.json(*words)["sets"]
    assert [(one["found"], len(one["address"])) for one in sets] == [(True, 64)]


def test_a_blocked_set_is_not_there_whatever_lies_in_its_folder(terminal: Terminal, tmp_path: Path) -> None:
    folders = [lay(models.single("linear"), tmp_path / name) for name in ("good", "blocked")]
    (tmp_path / "bare").mkdir()
    rows = [
        {"folder": str(folders[0]), "verdict": "no edge"},
        {"folder": str(folders[1]), "verdict": "blocked"},
        {"folder": str(tmp_path / "bare"), "verdict": "no edge"},
        {"verdict": "not trained"},
    ]
    registrar = Registrar(session(None, data=terminal.data, db=terminal.db))
    assert registrar.take(rows) and (folders[1] / MANIFEST).exists()
    assert [row["became"] for row in rows] == ["toy@1, candidate", *["no model"] * 3]


def test_without_a_record_nothing_is_trained(tmp_path: Path) -> None:
    *_, refused = typed("--family", "base_rate", *SMALL, *VECTOR, "--register", data=tmp_path)
    assert isinstance(refused, Unreachable) and "tapeline up" in str(refused)
    assert not (tmp_path / "models").exists()
