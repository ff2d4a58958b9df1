"""`tapeline ingest fundamentals|news|facts` and `tapeline quality` of the record, as a user types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services.ingest.facts.lake import read_facts
from services.ingest.tape import write_instruments
from shared.market import Instrument, Instruments
from tapeline.__main__ import app
from tapeline.cli.outcome import code_of
from tests.fixtures.venues import Reply, rest_venue

pytest.importorskip("vaderSentiment", reason="the news extra is not installed")
TABLE = "Symbol,Price/Earnings,Sector\nA,24.3,Health Care\nB,x,Energy\n"
NEWS = '{"symbol":"A","time":"2023-11-14T22:13:20Z","headline":"A soars after record profit"}\n'
JSON = (("Content-Type", "application/json"),)
STORY = {"datetime": 1_700_000_000, "headline": "Profit warning", "id": 7}


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TAPELINE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TAPELINE_DB", postgres_url)
    monkeypatch.setenv("TAPELINE_KEYS__FINNHUB", "k")
    (tmp_path / "t.csv").write_text(TABLE)
    (tmp_path / "n.jsonl").write_text(NEWS)
    write_instruments(tmp_path / "lake", Instruments([Instrument(instrument=5, symbol="A")]))


def tapeline(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_files_are_kept_once_and_become_facts_of_the_lake() -> None:
    for added in (3, 0):
        told = json.loads(
            tapeline("ingest", "fundamentals", "t.csv", "--as-of", "2018-02-08", "--json").stdout
        )
        assert (told[0]["added"], told[0]["refused"], told[0]["reasons"]) == (
            added,
            1,
            {"pe_ratio is no number": 1},
        )
    for added in (1, 0):
        assert json.loads(tapeline("ingest", "news", "n.jsonl", "--json").stdout)[0]["added"] == added
    for added in (3, 0):
        told = json.loads(tapeline("ingest", "facts", "--to", "lake", "--json").stdout)
        assert (told["added"], told["added"] + told["held"]) == (added, 3)
    assert set(read_facts(Path("lake"))["instrument"].tolist()) == {5}
    said = tapeline("quality").stdout
    assert "3 numbers of 2 companies" in said
    assert "1 headlines about 1 symbols" in said


def test_a_vendor_is_asked_symbol_by_symbol_and_one_that_fails_leaves_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("finnhub", reason="the finnhub extra is not installed")

    def answers(path: str, params: dict[str, str]) -> Reply:
        if params["symbol"] == "BAD":
            return Reply(403, b'{"error":"no access"}', JSON)
        told = [STORY] if "news" in path else {"metric": {"peTTM": 20.5, "beta": 1.2}}
        return Reply(body=json.dumps(told).encode(), fields=JSON)

    with rest_venue(answers) as url:
        monkeypatch.setenv("TAPELINE_INGEST__REST_URL", url)
        words = ("--source", "finnhub", "--symbols", "BAD,A", "--json")
        news, numbers = tapeline("ingest", "news", *words), tapeline("ingest", "fundamentals", *words)
        again = json.loads(tapeline("ingest", "news", *words).stdout)
    assert json.loads(news.stdout) == {"added": 1, "symbols": {"A": 1}, "failed": 1}
    assert json.loads(numbers.stdout)["added"] == 2
    assert (again["added"], news.exit_code, news.stderr.count("\n")) == (0, 1, 1)
    assert "check the key and what it may read" in news.stderr


def test_three_symbols_in_a_row_without_an_answer_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("finnhub", reason="the finnhub extra is not installed")
    asked: list[str] = []

    def answers(path: str, params: dict[str, str]) -> Reply:
        asked.append(params["symbol"])
        return Reply(403, b"{}", JSON)

    with rest_venue(answers) as url:
        monkeypatch.setenv("TAPELINE_INGEST__REST_URL", url)
        done = tapeline("ingest", "news", "--source", "finnhub", "--symbols", "A,B,C,D,E")
    assert (done.exit_code, asked) == (1, ["A", "B", "C"])
    assert "3 symbols in a row without an answer; the rest is not asked for" in done.stderr
    assert "0 headlines are new, of 0 symbols; 3 failed" in done.stdout


def test_facts_out_of_nothing_are_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TAPELINE_DB")
    done = tapeline("ingest", "facts", "--to", "lake")
    assert code_of(done.exception) == 5  # type: ignore[arg-type]
    assert "there is nothing to tell: no --vix, --yields or --context" in str(done.exception)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("fundamentals", "t.csv"), 1, "from when on these numbers were known"),
        (("fundamentals",), 2, "name them, with commas"),
        (("news", "none.csv"), 1, "there is no file none.csv"),
        (("news", "--source", "acme", "--symbols", "A"), 2, "acme is not one of yahoo, finnhub"),
    ],
)
def test_a_mistake_is_one_clear_line(words: tuple[str, ...], code: int, said: str) -> None:
    done = tapeline("ingest", *words)
    failure = done.exception
    assert (done.exit_code if isinstance(failure, SystemExit) else code_of(failure)) == code  # type: ignore[arg-type]
    assert said in " ".join(f"{done.output} {failure}".replace("│", " ").split())


def test_a_table_of_companies_is_judged_without_a_record() -> None:
    Path("t.csv").write_text("Symbol,52 Week Low,52 Week High,EBITDA\nA,9,5,x\nB,9,5,1\n")
    told = json.loads(tapeline("quality", "t.csv", "--json").stdout)
    assert (told["rows"], told["numbers"], told["refused"]) == (2, 5, 1)
    assert told["notes"] == [
        "52 week low and 52 week high are swapped in 2 of 2 rows; each was read as the other"
    ]
    assert "1 × ebitda is no number" in tapeline("quality", "t.csv").stdout


@pytest.mark.realdata
def test_the_swapped_columns_of_the_recorded_snapshot_are_found() -> None:
    from tests.fixtures.realdata import real_data

    path = str(real_data() / "fundamentals" / "sp500_financials_2018-02-08.csv")
    said = tapeline("quality", path).stdout
    assert "52 week low and 52 week high are swapped in 505 of 505 rows" in said
