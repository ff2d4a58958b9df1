from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from shared.config import BadConfig, load, settings_names


def problems(environ: dict[str, str] | None = None, **sources: object) -> list[str]:
    with pytest.raises(BadConfig) as refused:
        load(environ or {}, **sources)  # type: ignore[arg-type]
    return refused.value.problems


def written(folder: Path, text: str) -> Path:
    file = folder / "tapeline.toml"
    file.write_text(text)
    return file


def test_nothing_given_is_a_complete_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load({}).settings.market.symbols == 50


def test_flags_beat_the_environment_and_the_environment_beats_the_file(tmp_path: Path) -> None:
    file = written(tmp_path, "[market]\nseed = 1\nsymbols = 2\nspeed = 3.0\n")
    environ = {"TAPELINE_CONFIG": str(file), "TAPELINE_MARKET__SEED": "10", "TAPELINE_MARKET__SYMBOLS": "20"}

    loaded = load(environ, flags={"market.seed": 100})

    market = loaded.settings.market
    assert (market.seed, market.symbols, market.speed) == (100, 20, 3.0)
    assert loaded.origin(("market", "seed")) == "--market.seed"
    assert loaded.origin(("market", "symbols")) == "environment TAPELINE_MARKET__SYMBOLS"
    assert loaded.origin(("market", "speed")) == "tapeline.toml"
    assert loaded.origin(("run",)) == "default"


def test_a_misspelt_setting_is_refused_with_the_one_that_was_meant(tmp_path: Path) -> None:
    file = written(tmp_path, "[market]\nsede = 1\n")
    found = problems({"TAPELINE_MARKT__SEED": "1"}, file=file)
    assert found == [
        "market.sede (tapeline.toml) is no setting; did you mean market.seed?",
        "TAPELINE_MARKT__SEED is no setting; did you mean TAPELINE_MARKET__SEED?",
    ]


def test_every_problem_is_reported_together() -> None:
    environ = {
        "TAPELINE_MARKET__SPEED": "-1",
        "TAPELINE_LOG__LEVEL": "loud",
        "TAPELINE_NOTHING": "1",
        "TAPELINE_WORKER__INDEX": "4",
    }
    found = problems(environ)
    assert len(found) == 4
    assert any("wanted float > 0.0" in line for line in found)
    assert any("debug, info, warning, error" in line for line in found)
    assert any("worker.count is only 1" in line for line in found)


def test_a_text_in_the_file_is_no_number(tmp_path: Path) -> None:
    assert problems(file=written(tmp_path, '[market]\nseed = "7"\n')) == [
        "market.seed (tapeline.toml): found '7', wanted int, got str"
    ]


def test_a_secret_is_read_from_a_file_and_beats_the_plain_variable_never(tmp_path: Path) -> None:
    secret = tmp_path / "db"
    secret.write_text("postgresql://u:word@host/db\n")
    assert load({"TAPELINE_DB_FILE": str(secret)}).settings.db == "postgresql://u:word@host/db"
    both = {"TAPELINE_DB_FILE": str(secret), "TAPELINE_DB": "postgresql://plain"}
    assert load(both).settings.db == "postgresql://plain"


def test_a_secret_file_that_is_missing_is_a_problem_and_not_a_traceback() -> None:
    assert "cannot be read" in problems({"TAPELINE_DB_FILE": "/nowhere/db"})[0]


def test_a_bad_secret_is_not_repeated_in_the_complaint() -> None:
    assert "hunter2" not in "".join(problems(flags={"db": ["hunter2"]}))


def test_accounts_have_names_and_exact_money() -> None:
    environ = {
        "TAPELINE_ACCOUNTS__ALPHA__ID": "1",
        "TAPELINE_ACCOUNTS__ALPHA__STARTING_CASH": "0.1",
        "TAPELINE_ACCOUNTS__BETA__ID": "2",
    }
    accounts = load(environ).settings.accounts
    assert accounts["alpha"].starting_cash == Decimal("0.1")
    assert accounts["beta"].id == 2


def test_an_empty_table_is_an_account_at_its_defaults_or_nothing_new(tmp_path: Path) -> None:
    loaded = load({}, file=written(tmp_path, "[market]\n[accounts.alpha]\n"))
    assert list(loaded.settings.accounts) == ["alpha"]
    assert problems(file=written(tmp_path, "[markets]\n"))[0].startswith(
        "markets (tapeline.toml) is no setting"
    )


def test_two_accounts_cannot_share_a_number() -> None:
    environ = {"TAPELINE_ACCOUNTS__A__ID": "1", "TAPELINE_ACCOUNTS__B__ID": "1"}
    assert problems(environ) == ["accounts.b.id is 1, which is already the id of accounts.a"]


def test_a_settings_file_that_is_missing_or_broken_is_said_in_one_line(tmp_path: Path) -> None:
    assert "no settings file" in problems({"TAPELINE_CONFIG": "/nowhere/tapeline.toml"})[0]
    assert "is not TOML" in problems(file=written(tmp_path, "[market\n"))[0]


def test_variables_of_the_test_suites_are_left_alone() -> None:
    assert load({"TAPELINE_TEST_REDIS": "x", "TAPELINE_CHAOS_AT": "y"}).settings.run == "desk"


def test_every_setting_has_a_name() -> None:
    assert {"bus", "db", "market.seed", "accounts.*.starting_cash"} <= set(settings_names())


def test_a_live_feed_wants_symbols_and_its_keys() -> None:
    with pytest.raises(BadConfig) as caught:
        load({"TAPELINE_INGEST__SOURCE": "alpaca"})
    assert len(caught.value.problems) == 2
    assert 'symbols = ["AAPL"]' in str(caught.value)
    with pytest.raises(BadConfig, match=r"wants keys\.polygon"):
        load({"TAPELINE_INGEST__SOURCE": "polygon", "TAPELINE_INGEST__SYMBOLS": "AAPL,MSFT"})


def test_symbols_of_a_feed_are_a_list_and_a_key_may_lie_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "polygon"
    secret.write_text("word\n")
    given = {
        "TAPELINE_INGEST__SOURCE": "polygon",
        "TAPELINE_INGEST__SYMBOLS": "AAPL, MSFT",
        "TAPELINE_KEYS__POLYGON_FILE": str(secret),
    }
    settings = load(given).settings
    assert settings.ingest.symbols == ("AAPL", "MSFT")
    assert settings.keys.polygon == "word"
