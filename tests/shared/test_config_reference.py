from __future__ import annotations

import tomllib
from pathlib import Path

from shared.config import load, settings_names
from shared.config_reference import MASK, example, schema, shown
from shared.settings import Settings


def uncommented(text: str) -> str:
    """The example with every setting switched on."""
    lines = text.splitlines()
    return "\n".join(line.removeprefix("# ") if " = " in line else line for line in lines)


def test_the_example_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "tapeline.toml"
    file.write_text(example())
    assert load({}, file=file).settings == Settings()


def test_the_example_holds_every_setting_at_its_default(tmp_path: Path) -> None:
    file = tmp_path / "tapeline.toml"
    file.write_text(uncommented(example()))
    loaded = load({}, file=file)
    assert loaded.settings == Settings()
    assert len(loaded.origins) == len(settings_names())


def test_the_example_is_toml() -> None:
    assert "market" in tomllib.loads(uncommented(example()))


def test_secrets_are_masked_and_addresses_keep_their_host() -> None:
    environ = {"TAPELINE_DB": "postgresql://me:word@host/db", "TAPELINE_API__KEY": "tl_secret"}
    values = {line.name: line.value for line in shown(load(environ))}
    assert values["db"] == f"postgresql://me:{MASK}@host/db"
    assert values["api.key"] == MASK


def test_every_value_says_where_it_came_from() -> None:
    lines = {line.name: line.origin for line in shown(load({"TAPELINE_MARKET__SEED": "3"}))}
    assert lines["market.seed"] == "environment TAPELINE_MARKET__SEED"
    assert lines["accounts.main.book"] == "default"


def test_the_schema_forbids_unknown_keys_and_carries_meanings() -> None:
    made = schema()
    market = made["$defs"]["Market"]
    assert market["additionalProperties"] is False
    assert market["properties"]["seed"]["description"]
