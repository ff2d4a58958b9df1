"""Nothing is skipped in silence, left half done, or tied to one machine."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.fixtures.house import python_files, read, text_files, tree

# Written in pieces, so that this file does not find itself.
UNFINISHED = re.compile("TO" + "DO|FIX" + r"ME|\bXX" + r"X\b|\bNot" + "ImplementedError")
MACHINE_PATH = re.compile(
    "/" + r"(work|root|farm|Users)/|/tm" + r"p/[a-z]|/home/(?!app\b)[a-z]|[A-Z]:\\\\Users"
)
REGISTRY = re.compile(
    r"\b(?:py" + r"pi\.org|python" + r"hosted\.org|npm" + r"js\.(?:org|com)|maven\.org|crates\.io"
    r"|proxy\.golang|deb\.debian|registry\.(?:docker|npm))"
)
SWITCHES = {"skip", "skipif", "xfail", "importorskip"}
HIDDEN_BY_DESIGN = {"tests/house/test_honesty.py"}


def test_no_work_is_left_for_later() -> None:
    assert found(UNFINISHED, [file for file in python_files() if str(file) not in HIDDEN_BY_DESIGN]) == []


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    assert found(MACHINE_PATH, text_files()) == []


def test_no_file_names_a_registry() -> None:
    assert found(REGISTRY, text_files()) == []


def test_every_skip_and_expected_failure_says_why() -> None:
    silent = [
        f"{file}:{node.lineno}"
        for file in python_files()
        if file.parts[0] == "tests"
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Attribute)
        and node.attr in SWITCHES
        and is_pytest(node)
        and not reason(file, node)
    ]
    assert not silent, f"no reason given at {', '.join(silent)}"


def test_no_test_is_switched_off_by_its_name() -> None:
    hidden = [
        f"{file}:{node.lineno} {node.name}"
        for file in python_files()
        if file.name.startswith("test_")
        for node in ast.walk(tree(file))
        if isinstance(node, ast.FunctionDef) and re.match(r"_+test_|x+test_|disabled_", node.name)
    ]
    assert not hidden


def test_every_suppressed_warning_is_named() -> None:
    bare = re.compile(r"#\s*(?:type:\s*ignore(?!\[)|noqa(?!:))")
    assert found(bare, [file for file in python_files() if str(file) not in HIDDEN_BY_DESIGN]) == []


def found(pattern: re.Pattern[str], files: list[Path]) -> list[str]:
    return [
        f"{file}:{number}: {line.strip()[:100]}"
        for file in files
        for number, line in enumerate(read(file).splitlines(), 1)
        if pattern.search(line)
    ]


def is_pytest(node: ast.Attribute) -> bool:
    return ast.unparse(node.value) in {"pytest", "pytest.mark"}


def reason(file: Path, switch: ast.Attribute) -> str:
    """The reason that a call of a switch gives, literal or computed; a bare mark gives none."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Call) and node.func is switch:
            given = [word.value for word in node.keywords if word.arg == "reason"]
            given += node.args[:1] if switch.attr == "skip" else []
            return ast.unparse(given[0]).strip("'\"") if given else ""
    return ""
