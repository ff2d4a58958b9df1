"""Every source file has a test file of its own, in the same place of a tree that mirrors the sources."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path
from typing import Final

import pytest

from tests.fixtures.house import ROOT, sources

WIRING: Final = {"__init__.py", "__main__.py"}
# Files that another test file covers better than their own could; a pattern may name several.
COVERED_BY: Final[dict[str, str]] = {
    # Twins and layers that one suite of laws runs through.
    "shared/engine/crash.py": "tests/shared/engine/test_stages.py",
    "shared/engine/forward.py": "tests/shared/engine/test_stages.py",
    "shared/engine/promise.py": "tests/shared/engine/test_stages.py",
    "shared/engine/recompute.py": "tests/shared/engine/test_stages.py",
    "shared/engine/silent.py": "tests/shared/engine/test_control.py",
    "shared/engine/stage.py": "tests/shared/engine/test_stages.py",
    "shared/engine/worker.py": "tests/shared/engine/test_stages.py",
    "shared/engine/*_bus.py": "tests/shared/engine/test_bus.py",
    "shared/store/*_keeping.py": "tests/shared/store/test_keeping.py",
    "shared/store/*_health.py": "tests/shared/store/test_health.py",
    "shared/store/*_models.py": "tests/shared/store/test_models.py",
    "shared/store/memory*.py": "tests/shared/store/test_contract.py",
    "shared/store/audit.py": "tests/shared/store/test_contract.py",
    "shared/store/binary.py": "tests/shared/store/test_contract.py",
    "shared/store/order.py": "tests/shared/store/test_contract.py",
    "shared/store/postgres_desk.py": "tests/shared/store/test_contract.py",
    "shared/store/postgres_facts.py": "tests/shared/store/test_store_facts.py",
    "shared/store/postgres_quality.py": "tests/shared/store/test_contract.py",
    "shared/store/postgres_rows.py": "tests/shared/store/test_contract.py",
    "shared/store/postgres_snapshots.py": "tests/shared/store/test_contract.py",
    "shared/store/postgres_steps.py": "tests/shared/store/test_contract.py",
    "shared/store/rows.py": "tests/shared/store/test_contract.py",
    "shared/store/tables.py": "tests/shared/store/test_contract.py",
    "shared/store/postgres_link.py": "tests/shared/store/test_postgres.py",
    "shared/store/schema.py": "tests/shared/store/test_upgrade.py",
    "shared/kernel_cache.py": "tests/shared/test_kernels.py",
    "shared/failures.py": "tests/shared/test_codec.py",
    "shared/processor.py": "tests/shared/engine/test_stages.py",
    # The checks of ticks, through the checker that runs them.
    "services/ingest/quality/kernels.py": "tests/services/ingest/quality/test_checks.py",
    "services/ingest/quality/state.py": "tests/services/ingest/quality/test_checks.py",
    "services/ingest/quality/spike_kernels.py": "tests/services/ingest/quality/test_checks.py",
    "services/ingest/*_check_kernels.py": "tests/services/ingest/quality/test_checks.py",
    # Kernels and their tables, through the processor that calls them.
    "services/features/*_kernels.py": "tests/services/features/test_processor.py",
    "services/features/calls.py": "tests/services/features/test_processor.py",
    "services/features/indicators/*.py": "tests/services/features/test_indicators.py",
    "services/features/notes.py": "tests/services/features/test_board.py",
    "services/features/rings.py": "tests/services/features/test_catalogue.py",
    "services/features/row.py": "tests/services/features/test_catalogue.py",
    "services/features/smoothing.py": "tests/services/features/test_catalogue.py",
    "services/features/sink_bars.py": "tests/tapeline/cli/test_bars.py",
    "services/inference/source_sealed.py": "tests/services/inference/test_shelf.py",
    "services/inference/telling.py": "tests/services/inference/test_shelf.py",
    "services/inference/trial.py": "tests/services/inference/test_source_trial.py",
    # A member's way into the one kernel, through the predictor that calls it.
    "services/inference/ensemble_kernels.py": "tests/services/inference/test_predictor.py",
    "services/inference/walk_kernels.py": "tests/services/inference/test_predictor.py",
    "services/inference/lane_kernels.py": "tests/services/inference/test_questions.py",
    "services/inference/layout.py": "tests/services/inference/test_predictor.py",
    "services/inference/members.py": "tests/services/inference/test_model.py",
    "services/inference/outliers.py": "tests/services/inference/test_predictor.py",
    "services/inference/packing.py": "tests/services/inference/test_predictor.py",
    "services/inference/shap_kernels.py": "tests/services/inference/test_attributing.py",
    # Parsers of untrusted files, through one suite of mutations.
    "services/inference/catboost_cbm.py": "tests/services/inference/test_parts.py",
    "services/inference/flatbuffer.py": "tests/services/inference/test_parts.py",
    "services/inference/lightgbm_text.py": "tests/services/inference/test_parts.py",
    "services/inference/plain.py": "tests/services/inference/test_parts.py",
    "services/inference/ubjson.py": "tests/services/inference/test_parts.py",
    "services/inference/xgboost_ubj.py": "tests/services/inference/test_parts.py",
    # Routes and what stands around them, through the gateway as a client sees it.
    "services/api/collections.py": "tests/services/api/test_app.py",
    "services/api/clock.py": "tests/services/api/test_refusals.py",
    "services/api/desk.py": "tests/services/api/test_app.py",
    "services/api/once.py": "tests/services/api/test_app.py",
    "services/api/probes.py": "tests/services/api/test_app.py",
    "services/api/problems.py": "tests/services/api/test_app.py",
    "services/api/record.py": "tests/services/api/test_app.py",
    "services/api/render.py": "tests/services/api/test_app.py",
    "services/api/resources.py": "tests/services/api/test_queries.py",
    "services/api/shell.py": "tests/services/api/test_app.py",
    "services/api/steering.py": "tests/services/api/test_app.py",
    # Readers of files and what they are made of, through the files that they read.
    "services/ingest/files/checking.py": "tests/services/ingest/files/test_intake.py",
    "services/ingest/files/csv_kernels.py": "tests/services/ingest/files/test_source_csv.py",
    "services/ingest/files/float_kernels.py": "tests/services/ingest/files/test_columns.py",
    "services/ingest/files/reading.py": "tests/services/ingest/files/test_source_csv.py",
    "services/ingest/files/sources.py": "tests/services/ingest/files/test_intake.py",
    "services/ingest/files/stamps.py": "tests/services/ingest/files/test_columns.py",
    "services/ingest/files/symbols.py": "tests/services/ingest/files/test_source_csv.py",
    "services/ingest/files/zones.py": "tests/services/ingest/files/test_source_csv.py",
    "shared/lake/buffer.py": "tests/shared/lake/test_writer.py",
    "shared/lake/folders.py": "tests/shared/lake/test_writer.py",
    "tapeline/cli/export.py": "tests/tapeline/cli/test_ingest.py",
    # Wiring, through runs of the whole line.
    "services/*/stages.py": "tests/parity/test_one_tape_one_ledger.py",
    "research/replay/record.py": "tests/parity/test_one_tape_one_ledger.py",
    "research/predicting.py": "tests/tapeline/cli/test_predict.py",
    "research/replay/run.py": "tests/parity/test_one_tape_one_ledger.py",
    "research/replay/inprocess.py": "tests/parity/test_edges.py",
    "research/replay/model.py": "tests/parity/test_one_tape_one_ledger.py",
    "research/replay/on_redis.py": "tests/parity/test_one_tape_one_ledger.py",
    "research/replay/result.py": "tests/parity/test_one_tape_one_ledger.py",
    "research/replay/simulation.py": "tests/parity/test_one_tape_one_ledger.py",
    # What is learnt, through every member and family, and whole trainings.
    "research/members/*.py": "tests/research/members/test_catalogue.py",
    "research/families/*.py": "tests/research/families/test_catalogue.py",
    "research/training/*.py": "tests/research/training/test_job.py",
    "research/honesty/*.py": "tests/research/honesty/test_gate.py",
    "research/dataset/learning.py": "tests/research/test_starter.py",
    "research/labels/next_bar.py": "tests/research/test_starter.py",
    "research/labels/kernels.py": "tests/research/labels/test_rules.py",
    "research/scores/plain.py": "tests/research/test_starter.py",
    "tapeline/cli/replay.py": "tests/parity/test_one_tape_one_ledger.py",
    "research/reasons.py": "tests/tapeline/cli/test_reasons.py",
    # Drift, through whole looks at a run; the watch, through its loop.
    "research/drift/models.py": "tests/research/drift/test_check.py",
    "research/drift/stretch.py": "tests/research/drift/test_check.py",
    "research/watch/gauges.py": "tests/research/watch/test_loop.py",
    "research/watch/told.py": "tests/research/watch/test_loop.py",
    # Verbs that are tried as a user types them.
    "tapeline/cli/config.py": "tests/tapeline/test_main.py",
    "tapeline/cli/desk.py": "tests/tapeline/test_main.py",
    "tapeline/cli/making.py": "tests/tapeline/test_main.py",
    "tapeline/cli/model_evidence.py": "tests/tapeline/cli/test_models.py",
    "tapeline/cli/model_views.py": "tests/tapeline/cli/test_models.py",
    "tapeline/cli/options.py": "tests/tapeline/test_main.py",
}


def expected_test(source: Path) -> Path:
    """The test file that a source file wants."""
    for pattern, test in COVERED_BY.items():
        if fnmatch(str(source), pattern):
            return Path(test)
    return Path("tests", source.parent, f"test_{source.name}")


def test_every_source_file_has_a_test_file() -> None:
    files = [file for file in sources() if file.name not in WIRING and "migrations" not in file.parts]
    missing = [
        f"{file} wants {expected_test(file)}" for file in files if not (ROOT / expected_test(file)).is_file()
    ]
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize("pattern", sorted(COVERED_BY))
def test_an_exception_names_a_file_that_exists(pattern: str) -> None:
    assert [file for file in sources() if fnmatch(str(file), pattern)]


def test_test_folders_are_no_packages() -> None:
    assert not list((ROOT / "tests").rglob("__init__.py"))
