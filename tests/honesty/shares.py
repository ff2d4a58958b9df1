"""A walk over recorded daily shares: what is tried is listed here, before anybody has seen what comes of it.

`python -m tests.honesty.shares DATA` takes the files in, trains every set, and writes the page; what is
finished is found again. DATA holds `daily/*.zip` of CSV files and `fundamentals/*2018-02-08.csv`.
"""

from __future__ import annotations

import csv
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from research.training.keeping import read_report
from research.training.one_set import slug
from research.training.outcome import SetReport
from research.training.walked import Walked, read_walk
from shared.market import SECTORS
from tests.fixtures.house import ROOT

FOLDER: Final = ROOT / "build" / "shares"
POOLED: Final = "pooled"
HORIZONS: Final = ("1", "2", "5")
"""In sessions: two days of the calendar after a Friday are one session, as one day is."""
FAMILIES: Final = ("fast", "booster", "factors", "per_feature", "base_rate")
OURS: Final[Mapping[str, str]] = {
    "Information Technology": "Technology",
    "Health Care": "Healthcare",
    "Telecommunication Services": "Communication Services",
}
"""Sectors that the files call otherwise."""


Run = Callable[..., None]
"""Runs a command with a folder's data: the words of it."""


class Asked(NamedTuple):
    """One set that is tried."""

    family: str
    sector: str
    horizon: str

    def folder(self, trained: Path) -> Path:
        """Where it is kept."""
        return trained / self.family / slug(self.sector) / self.horizon


class Finished(NamedTuple):
    """A set with what came of it; one whose score must not be believed has no walk."""

    asked: Asked
    report: SetReport
    walk: Walked | None


PLAN: Final[tuple[Asked, ...]] = (
    *(Asked("fast", sector, horizon) for sector in SECTORS for horizon in HORIZONS),
    *(Asked(family, POOLED, horizon) for family in FAMILIES for horizon in HORIZONS),
)
"""All sets: the ensemble sector by sector, and every family on all shares together."""


def taken_in(data: Path, folder: Path) -> None:
    """The daily files in a lake, and the sector of each share beside it."""
    files = folder / "csv"
    archive = next(iter(sorted((data / "daily").glob("*.zip"))))
    with zipfile.ZipFile(archive) as zipped:
        zipped.extractall(files)
    read = ("--tz", "UTC", "--map", "symbol=Name", "--tick", "0.0001")
    _tapeline(folder, "ingest", str(files), "--to", str(folder / "lake"), *read)
    named = next(iter(sorted((data / "fundamentals").glob("*2018-02-08.csv"))))
    with named.open(encoding="utf-8", newline="") as file:
        rows = [(row["Symbol"], OURS.get(row["Sector"], row["Sector"])) for row in csv.DictReader(file)]
    there = {path.stem for path in files.glob("*.csv")}
    with (folder / "sectors.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("symbol", "sector"), *(row for row in rows if row[0] in there)])


def trained(folder: Path, run: Run) -> None:
    """Every set of the plan, each told of all that is tried."""
    for family, sectors in (*((family, POOLED) for family in FAMILIES), ("fast", "all")):
        own = len(SECTORS if sectors == "all" else (POOLED,)) * len(HORIZONS)
        run(folder, *_words(folder, family, sectors), "--tried", str(len(PLAN) - own))


def finished(folder: Path, plan: Sequence[Asked] = PLAN) -> Iterator[Finished]:
    """The sets that are there."""
    for asked in plan:
        place = asked.folder(folder / "trained")
        report = read_report(place)
        if report is not None:
            yield Finished(asked, report, None if report.verdict == "blocked" else read_walk(place))


def _words(folder: Path, family: str, sectors: str) -> tuple[str, ...]:
    source = ("--input", str(folder / "lake"), "--bar", "1d", "--sector-file", str(folder / "sectors.csv"))
    asked = ("--family", family, "--sectors", sectors, "--horizons", ",".join(HORIZONS))
    return ("train", *source, *asked, "--out", str(folder / "trained" / family), "--jobs", "2")


def _tapeline(folder: Path, *words: str) -> None:
    """The command as a user types it; a blocked set is a result, and no failure of this walk."""
    subprocess.run(
        [sys.executable, "-m", "tapeline", *words, "--data", str(folder / "data")], check=False, cwd=ROOT
    )


def main(words: Sequence[str]) -> None:
    """All of it, as far as it is missing."""
    from tests.honesty.shares_page import write_page

    if not words or not Path(words[0]).is_dir():
        sys.exit("make shares DATA=FOLDER: a folder with daily/*.zip and fundamentals/*2018-02-08.csv")
    taken_in(Path(words[0]), FOLDER)
    trained(FOLDER, _tapeline)
    write_page(FOLDER)


if __name__ == "__main__":
    main(sys.argv[1:])
