"""What the documentation says is there is there, and what is there is said."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shared.config import load
from shared.config_tree import find
from tests.fixtures.house import ROOT, pages, project_files, read

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
TARGET = re.compile(r"^([a-z]+):.*?## (.+)$", re.M)
COMMAND = re.compile(r"(?:^|`)make ([a-z]+)\b", re.M)
HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.M)
FRONT_PAGES = ("README.md", "CONTRIBUTING.md")


def targets() -> dict[str, str]:
    return dict(TARGET.findall(read(Path("Makefile"))))


def anchor(heading: str) -> str:
    """The name that a heading gets in a link."""
    return re.sub(r"[^\w\- ]", "", heading.lower().replace("`", "")).replace(" ", "-")


def test_every_make_target_has_a_line_of_help_and_a_place_on_a_front_page() -> None:
    said = " ".join(read(Path(page)) for page in FRONT_PAGES)
    unsaid = [name for name in targets() if f"make {name}" not in said]
    assert not unsaid, f"README.md and CONTRIBUTING.md do not mention make {', make '.join(unsaid)}"


def test_every_make_command_in_the_docs_exists() -> None:
    wrong = [
        f"{page}: make {name}"
        for page in pages()
        for name in COMMAND.findall(read(page))
        if name not in targets()
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("page", pages(), ids=str)
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for link in LINK.findall(read(page)):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, part = link.partition("#")
        goal = (ROOT / page.parent / file).resolve() if file else (ROOT / page).resolve()
        if not goal.exists():
            broken.append(f"{link}: no such file")
        elif part and part not in {
            anchor(heading) for heading in HEADING.findall(goal.read_text(encoding="utf-8"))
        }:
            broken.append(f"{link}: no such heading")
    assert not broken, "\n".join(broken)


def test_the_read_me_names_the_five_files_that_explain_everything() -> None:
    five = (
        "shared/streams.py",
        "shared/processor.py",
        "services/features/processor.py",
        "tests/services/features/test_processor.py",
    )
    text = read(Path("README.md"))
    assert [file for file in five if file not in text or not (ROOT / file).is_file()] == []


def test_decisions_are_numbered_without_a_gap_and_all_listed() -> None:
    records = [
        file for file in project_files() if str(file).startswith("docs/decisions/") and file.name[0].isdigit()
    ]
    assert [int(record.name[:4]) for record in records] == list(range(1, len(records) + 1))
    index = read(Path("docs/decisions/README.md"))
    assert [record.name for record in records if record.name not in index] == []


def test_every_decision_says_why_and_what_follows() -> None:
    parts = ("## Context", "## Decision", "## Consequences", "## Alternatives")
    records = [file for file in project_files() if str(file).startswith("docs/decisions/0")]
    assert [(str(record), part) for record in records for part in parts if part not in read(record)] == []


def test_every_setting_of_the_example_file_is_known() -> None:
    """The loader takes what `.env.example` sets or suggests; other names are for the compose file."""
    given = dict(re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=(.*)$", read(Path(".env.example")), re.M))
    ours = {name: value for name, value in given.items() if name.startswith("TAPELINE_")}
    load({name: value for name, value in ours.items() if not name.endswith("_FILE")})
    compose = " ".join(read(file) for file in project_files() if file.suffix in {".yml", ".yaml"})
    assert [name for name in given if name not in ours and name not in compose] == []


def test_every_place_for_a_secret_is_a_setting() -> None:
    """A name that ends in _FILE speaks of a setting that exists."""
    named = re.findall(r"^(?:# )?TAPELINE_([A-Z0-9_]+)_FILE=", read(Path(".env.example")), re.M)
    paths = [tuple(name.lower().split("__")) for name in named]
    assert paths
    assert [path for path in paths if find(path) is None] == []
