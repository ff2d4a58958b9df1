"""What deploy/Dockerfile, docker-compose.yml, the lock and the settings say of each other holds."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.pins import ENTRY, VIA, pinned, resolved, wanted
from research.warming import WHAT
from shared.config import load
from shared.metrics import METRICS
from tapeline.desk.services import SERVICES
from tests.fixtures.house import ROOT, read

STAGE = re.compile(r"^FROM (\S+) AS (\w+)$((?:\n(?!FROM ).*)*)", re.MULTILINE)
INSTALLED = re.compile(r"source=/pins/(\w+)\.txt")
JOBS = {"migrate": "research"}
"""A target's own extra, where it is not called as the target."""
BESIDE = {"watch"}
"""What stands beside the line and is no service of it."""
DEFAULT_SHARES = 1_024
THEIRS = {"redis", "postgres", "prometheus"}

LOCK = """a==1 \\
    --hash=sha256:0
    # via tapeline (pyproject.toml)
b-c==2 ; python_version < '3.12' \\
    --hash=sha256:1
    # via
    #   a
    #   d
b-c==3 ; python_version >= '3.12' \\
    --hash=sha256:2
    # via a
d==4 \\
    --hash=sha256:3
    # via b-c
e==5 \\
    --hash=sha256:4
    # via tapeline (pyproject.toml:dev)
"""


def stages() -> dict[str, tuple[str, str]]:
    """Each stage of the Dockerfile: what it stands on, and what it does."""
    return {name: (below, text) for below, name, text in STAGE.findall(read(Path("deploy/Dockerfile")))}


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(read(Path("docker-compose.yml")))["services"]
    return found


def built() -> dict[str, str]:
    """The target of each service that is built here."""
    return {name: said["build"]["target"] for name, said in services().items() if "build" in said}


def layers(target: str) -> set[str]:
    """The extras whose packages a target's layers hold, its own and those it stands on."""
    below, text = stages()[target]
    return set(INSTALLED.findall(text)) | (layers(below) if below in stages() else set())


def packages(*extras: str) -> set[str]:
    project = tomllib.loads(read(Path("pyproject.toml")))["project"]
    return resolved(wanted(project, set(extras)), read(Path("requirements.lock")))


def test_pins_follow_the_lock_to_everything_that_is_pulled_in() -> None:
    names = resolved({"a>=1", 'B_c; python_version < "4"'}, LOCK)
    assert names == {"a", "b-c", "d"}
    assert [entry.split()[0] for entry in pinned(LOCK, names)] == ["a==1", "b-c==2", "b-c==3", "d==4"]


def test_every_entry_of_the_lock_says_who_asked_for_it() -> None:
    lock = read(Path("requirements.lock"))
    assert [entry[1] for entry in ENTRY.finditer(lock) if not VIA.search(entry[0])] == []


@pytest.mark.parametrize("target", sorted(built().values()))
def test_an_image_holds_the_packages_of_its_own_extra_and_no_other(target: str) -> None:
    assert packages(*layers(target)) == packages(JOBS.get(target, target))


def test_wheels_are_kept_between_builds_where_pip_looks_for_them() -> None:
    kept = set(re.findall(r"type=cache,target=(\S+?)(?:,|\s)", read(Path("deploy/Dockerfile"))))
    assert kept == set(re.findall(r"--cache-dir (\S+)", read(Path("deploy/install.sh"))))


@pytest.mark.parametrize("target", sorted(set(built().values()) - set(JOBS)))
def test_an_image_of_a_service_with_kernels_has_them_compiled(target: str) -> None:
    warmed = set(re.findall(r'warming\.warm\("(\w+)"\)', stages()[target][1]))
    assert warmed <= set(WHAT)
    assert bool(warmed) == ("numba" in packages(target))


def test_every_service_has_a_container_and_a_scrape_job() -> None:
    ours = {file.parent.name for file in (ROOT / "services").glob("*/__main__.py")}
    scraped = yaml.safe_load(read(Path("deploy/prometheus/prometheus.yml")))["scrape_configs"]
    assert set(SERVICES) == ours | BESIDE
    assert set(built()) == ours | BESIDE | set(JOBS)
    assert {job["job_name"] for job in scraped} == ours | BESIDE | {"prometheus"}


def test_what_stands_beside_the_line_gives_way_to_it() -> None:
    shares = {name: said.get("cpu_shares", DEFAULT_SHARES) for name, said in services().items()}
    assert {name for name, share in shares.items() if share < DEFAULT_SHARES} == BESIDE


def test_the_watch_holds_all_the_code_that_a_look_imports() -> None:
    """An import that its image lacks would end every look there, and nowhere else."""
    copied = [Path(place) for place in re.findall(r"^COPY (\S+) ", stages()["watch"][1], re.MULTILINE)]
    code = "import sys, research.watch.__main__, research.watch.why; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    ours = [name for name in done.stdout.split() if name.split(".")[0] in {"research", "services", "shared"}]
    files = [Path(*name.split(".")) for name in ours]
    homes = [file if (ROOT / file).is_dir() else file.with_suffix(".py") for file in files]
    inside = [*(place.parent if place.name == "__init__.py" else place for place in copied)]
    assert [str(home) for home in homes if not any(home.is_relative_to(place) for place in inside)] == []


def test_a_command_in_the_image_of_the_jobs_asks_for_no_package_that_only_the_gateway_has() -> None:
    """People ask a desk in containers from there: `docker compose run --rm migrate python -m tapeline`."""
    lines = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "tapeline").rglob("*.py"))
    asked = sorted(set(re.findall(r"^\s*from (services\.api\.\w+) import", lines, re.MULTILINE)))
    of_gateway = sorted(packages("api") - packages("research"))
    code = f"""
import importlib, sys
sys.modules.update(dict.fromkeys({of_gateway!r}))
for name in {asked!r}:
    importlib.import_module(name)
"""
    assert len(asked) > 4
    assert "fastapi" in of_gateway
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr


def test_rules_of_alerts_speak_of_metrics_and_labels_that_are_declared() -> None:
    declared = {metric.name: {"service", *metric.labels} for metric in METRICS}
    files = yaml.safe_load(read(Path("deploy/prometheus/prometheus.yml")))["rule_files"]
    for file in files:
        rules = [
            rule
            for group in yaml.safe_load(read(Path("deploy/prometheus", file)))["groups"]
            for rule in group["rules"]
        ]
        assert rules
        for rule in rules:
            used = re.findall(r"(tapeline_\w+)(?:\{([^}]*)\})?", rule["expr"])
            assert used, rule["alert"]
            for name, chosen in used:
                assert set(re.findall(r"(\w+)=", chosen)) <= declared[name], rule["alert"]
            told = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
            assert told <= set.union(*(declared[name] for name, _ in used)), rule["alert"]


def test_the_settings_of_the_containers_are_settings() -> None:
    """An unknown or impossible setting stops the loader."""
    dockerfile = dict(re.findall(r"\b(TAPELINE_\w+)=(\S+)", read(Path("deploy/Dockerfile"))))
    composed = {k: v for said in services().values() for k, v in said.get("environment", {}).items()}
    given = {name: re.sub(r"\$\{\w+(?::[-?]([^}]*))?\}", r"\1", str(v)) for name, v in composed.items()}
    ours = {name: value for name, value in {**dockerfile, **given}.items() if name.startswith("TAPELINE_")}
    assert len(ours) > 8
    load({**ours, "TAPELINE_DB": "", "TAPELINE_BUS": ""})


@pytest.mark.parametrize("name", sorted(services()))
def test_a_container_is_bounded_and_without_rights(name: str) -> None:
    said = services()[name]
    assert {"max-size", "max-file"} <= said["logging"]["options"].keys()
    assert "no-new-privileges:true" in said["security_opt"]
    assert said.get("cap_drop") == ["ALL"] or name in {"redis", "postgres"}
    assert said["stop_grace_period"]
    assert all(port.startswith("127.0.0.1:") for port in said.get("ports", []))


def test_what_is_published_is_the_gateway_and_prometheus() -> None:
    assert {name for name, said in services().items() if "ports" in said} == {"api", "prometheus"}


def test_an_image_that_is_not_built_for_its_service_is_built_for_another_and_never_pulled() -> None:
    made = {said["image"] for said in services().values() if "build" in said}
    borrowed = {n: s for n, s in services().items() if "build" not in s and n not in THEIRS}
    assert {said["image"] for said in borrowed.values()} <= made
    assert {said.get("pull_policy") for said in borrowed.values()} == {"never"}


def test_redis_gives_up_root_and_does_not_show_its_password() -> None:
    """The official entrypoint gives up root for the command `redis-server` alone, not for a shell."""
    command = " ".join(services()["redis"]["command"])
    assert "docker-entrypoint.sh redis-server" in command
    assert "REDIS_PASSWORD" not in command
