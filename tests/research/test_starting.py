from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from msgspec import UNSET, UnsetType

from research.starting import (
    history_folder,
    make_starter,
    model_folder,
    open_run,
    plan_of,
    suggested_by,
    traded_horizon,
)
from services.features.config import FeatureSpec
from services.inference.manifest import Manifest, Member, Reference, encode
from services.inference.usual import Profile, Shape, Usual
from services.ingest.synthetic.market import MarketPlan
from services.ingest.tape import synthetic_tape, write_tape
from services.risk.config import RiskConfig
from services.venue.config import VenueConfig
from shared.actions import Action, ActionRow, block_of
from shared.engine.plan import RunPlan
from shared.facts import MARKET, FactRows, Field
from shared.failures import Refused
from shared.lake.parquet import write_block
from shared.lake.writer import LakeWriter
from shared.market import Instruments
from shared.settings import Account, Engine, Features, Inference, Ingest, Keys, Market, Settings
from shared.store.contract import RunRow
from shared.store.memory import MemoryStore
from shared.time import DAY_NS, SECOND_NS
from tests.fixtures.venues import BITCOIN, Reply, rest_venue


def test_another_market_has_another_past(tmp_path: Path) -> None:
    one, two = Settings(), Settings(market=Market(seed=8))
    assert history_folder(one, tmp_path) != history_folder(two, tmp_path)
    assert model_folder(one, tmp_path) != model_folder(two, tmp_path)


def test_a_faster_clock_is_the_same_market(tmp_path: Path) -> None:
    assert history_folder(Settings(), tmp_path) == history_folder(
        Settings(market=Market(speed=9.0)), tmp_path
    )


def test_a_model_may_be_given_by_its_folder(tmp_path: Path) -> None:
    settings = Settings(inference=Inference(model=str(tmp_path)))
    assert model_folder(settings, Path("elsewhere")) == tmp_path


def test_default_settings_are_the_services_own_defaults(tmp_path: Path) -> None:
    plan = plan_of(Settings(), tmp_path)
    sizes = {name: plan.risk["0"][name] for name in ("risk_per_trade", "max_position", "max_order_notional")}
    assert msgspec.convert(plan.risk["0"], RiskConfig) == msgspec.convert(sizes, RiskConfig)
    assert msgspec.convert(plan.venue, VenueConfig) == VenueConfig()


SHAPE = Shape(edges=(0.0,), shares=(0.5, 0.5, 0.0))
PROFILE = Profile(features=(Usual(name="a", shape=SHAPE, psi=0.0, ks=0.0),), answers=())


def write_model(folder: Path, spec: int, profile: Profile | UnsetType = PROFILE) -> Manifest:
    row = Reference(values=(0.0,), members=((0.3, 0.4, 0.3),), probabilities=(0.3, 0.4, 0.3))
    member = Member(name="a", kind="lightgbm", artefact="m.txt", sha256="0" * 64)
    about = Manifest(
        name="m", family="booster", members=(member,), features=("a",), spec=spec,
        interval_ns=1, label="l", horizon_ns=1, trained_from_ns=0, trained_until_ns=1, rows=1,
        thresholds={"entry": 0.61}, reference=(row,), profile=profile,
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").write_bytes(encode(about))
    return about


def test_a_starter_is_kept_only_as_long_as_its_vector_is_today_s(tmp_path: Path) -> None:
    folder = model_folder(Settings(), tmp_path)
    plan = plan_of(Settings(), tmp_path)
    today = FeatureSpec(interval_ns=plan.interval_ns, features=plan.features).hash
    kept = write_model(folder, today)
    assert make_starter(Settings(), tmp_path) == kept
    for worse in ((today + 1, PROFILE), (today, UNSET)):
        write_model(folder, *worse)
        with pytest.raises(Refused, match="no history"):
            make_starter(Settings(), tmp_path)


def test_the_model_suggests_the_thresholds_that_nobody_chose(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    write_model(folder, 1)
    chosen = {"a": Account(id=0), "b": Account(id=1, entry_threshold=0.5)}
    plan = plan_of(Settings(inference=Inference(model=str(folder)), accounts=chosen), tmp_path)
    assert (plan.risk["0"]["entry_threshold"], plan.risk["0"]["exit_threshold"]) == (0.61, 0.61)
    assert (plan.risk["1"]["entry_threshold"], plan.risk["1"]["exit_threshold"]) == (0.5, 0.5)


def test_a_model_wants_a_past(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="tapeline ingest history"):
        make_starter(Settings(), tmp_path)


def test_a_run_goes_on_at_another_pace(tmp_path: Path) -> None:
    store = MemoryStore()
    open_run(Settings(), tmp_path, store)
    faster = Settings(market=Market(speed=5.0), engine=Engine(grace_ms=7, linger_ms=1.0))
    open_run(faster, tmp_path, store)
    assert len(store.instruments("desk")) == 50
    row = store.run("desk")
    assert row is not None
    plan = RunPlan.read(row.settings)
    assert (plan.source["pacing"]["speed"], plan.grace_ns, row.config_hash) == (5.0, 7_000_000, plan.hash)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (Settings(market=Market(seed=8)), "market.seed was 7, now 8"),
        (Settings(market=Market(symbols=60)), "market.symbols was 50, now 60"),
        (Settings(accounts={"main": Account(max_gross=1.0)}), r"risk.0.max_gross was 2.0, now 1.0"),
        (Settings(features=Features(bar_s=10.0)), "interval_ns was 5000000000, now 10000000000"),
    ],
)
def test_what_defines_a_run_is_refused_in_one_line_with_its_mend(
    other: Settings, said: str, tmp_path: Path
) -> None:
    store = MemoryStore()
    open_run(Settings(), tmp_path, store)
    store.open_run(RunRow(run="desk-2", mode="live"))
    with pytest.raises(Refused, match=said) as refused:
        open_run(other, tmp_path, store)
    assert "--run desk-3 " in str(refused.value) and "\n" not in str(refused.value)
    open_run(msgspec.structs.replace(other, run="desk-3"), tmp_path, store)


def test_partitions_that_nobody_chose_are_those_the_run_began_with(tmp_path: Path) -> None:
    store = MemoryStore()
    assert open_run(Settings(engine=Engine(partitions=8)), tmp_path, store).partitions == 8
    assert open_run(Settings(), tmp_path, store).partitions == 8
    with pytest.raises(Refused, match="partitions was 8, now 2"):
        open_run(Settings(engine=Engine(partitions=2)), tmp_path, store)


def test_a_run_on_a_live_feed_keeps_the_vendors_terms_and_no_key(tmp_path: Path) -> None:
    asked: list[str] = []

    def answers(path: str, params: dict[str, str]) -> Reply:
        asked.append(path)
        tick, lot = (
            '{"filterType":"PRICE_FILTER","tickSize":"0.01"}',
            '{"filterType":"LOT_SIZE","stepSize":"0.00001"}',
        )
        return Reply(
            body=f'{{"symbols":[{{"symbol":"BTCUSDT","quoteAsset":"USDT","filters":[{tick},{lot}]}}]}}'.encode()
        )

    store = MemoryStore()
    with rest_venue(answers) as url:
        feed = Ingest(source="binance", symbols=("BTCUSDT",), rest_url=url)
        settings = Settings(ingest=feed, keys=Keys(polygon="word"))
        for _ in range(2):
            plan = open_run(settings, tmp_path, store)
    assert asked == ["/api/v3/exchangeInfo"]
    assert list(store.instruments(settings.run)) == [BITCOIN]
    assert (plan.source["kind"], plan.source["symbols"]) == ("binance", ("BTCUSDT",))
    assert (plan.warm, plan.partitions) == ("", 1)
    assert plan.risk["0"]["currency"] == "USDT", "books are in the money that is traded"
    assert "word" not in plan.text()


def test_an_account_in_money_that_nothing_is_priced_in_is_refused_with_the_mend(tmp_path: Path) -> None:
    settings = Settings(accounts={"main": Account(currency="USDT"), "other": Account(id=1)})
    with pytest.raises(Refused, match=r'account main is in USDT.*set accounts\.main\.currency = "USD"'):
        open_run(settings, tmp_path, MemoryStore())


def test_a_lake_brings_its_actions_into_the_run_and_the_run_keeps_those_that_it_knows(tmp_path: Path) -> None:
    lake, tape = tmp_path / "lake", synthetic_tape(MarketPlan(symbols=2), 500)
    times = tape.ticks["event_time_ns"]
    split = ActionRow(int(times[250]), 1, Action.SPLIT, 2, 1)
    later = ActionRow(int(times[-1]) + 1, 1, Action.CASH_DIVIDEND, amount=1)
    write_tape(lake, tape.ticks, tape.instruments)
    with LakeWriter(lake) as writer:
        writer.add(block_of([split, later]))
        writer.commit("actions", {})
    store, settings = MemoryStore(), Settings(ingest=Ingest(source="tape", tape=str(lake)))

    plan = open_run(settings, tmp_path, store)
    assert plan.actions == (split,), "an action of after the tape is none of it"

    more = msgspec.structs.replace(plan, actions=(split, later))
    store.change_settings(settings.run, more.text(), more.hash)
    assert open_run(settings, tmp_path, store).actions == (split, later)


def test_a_run_knows_the_sessions_of_what_it_trades_and_of_nothing_else(tmp_path: Path) -> None:
    tape, lake = synthetic_tape(MarketPlan(symbols=2), 500), tmp_path / "lake"
    first, second = tape.instruments
    share = msgspec.structs.replace(first, calendar="XNYS")
    write_tape(lake, tape.ticks, Instruments([share, second]))
    store, settings = MemoryStore(), Settings(ingest=Ingest(source="tape", tape=str(lake)))

    (hours,) = open_run(settings, tmp_path, store).hours
    times = tape.ticks["event_time_ns"]
    assert (hours.calendar, hours.instruments) == ("XNYS", (share.instrument,))
    assert len(hours.opens) == 2, "a Monday and the day after it"
    assert hours.opens[0] > times[-1] and hours.until_ns > times[-1]
    assert open_run(settings, tmp_path, store).hours == (hours,)
    assert open_run(Settings(), tmp_path, MemoryStore()).hours == ()


def test_a_feed_knows_two_years_and_more_when_it_is_opened_again(tmp_path: Path) -> None:
    feed, store = Settings(ingest=Ingest(source="alpaca", symbols=("AAPL",))), MemoryStore()
    now_ns = 1_732_800_000 * SECOND_NS
    (begun,) = open_run(feed, tmp_path, store, now_ns).hours
    assert begun.until_ns - now_ns > 700 * DAY_NS
    (later,) = open_run(feed, tmp_path, store, now_ns + 300 * DAY_NS).hours
    assert later.until_ns - begun.until_ns == 300 * DAY_NS
    assert later.opens[: len(begun.opens)] == begun.opens
    assert open_run(feed, tmp_path, store, now_ns).hours == (later,)


def lake_of_facts(folder: Path, *fields: Field) -> Path:
    rows = FactRows()
    for field in fields:
        rows.add(1, 1 if field == Field.SECTOR else MARKET, field, 1.0)
    write_block(folder, rows.block(), 1)
    return folder


CONTEXT_FIELDS = (Field.PRICE, Field.VIX, Field.SECTOR)


def test_a_feed_tells_the_facts_of_the_lake_that_it_is_given(tmp_path: Path) -> None:
    full = lake_of_facts(tmp_path / "full", *CONTEXT_FIELDS)
    feed = Ingest(source="alpaca", symbols=("AAPL",))
    plain, told = (
        open_run(Settings(ingest=one), tmp_path, MemoryStore(), 1_732_800_000 * SECOND_NS)
        for one in (feed, msgspec.structs.replace(feed, context=str(full)))
    )
    assert (plain.facts, told.facts) == (False, True)
    assert "vix.close" in told.features and "vix.close" not in plain.features
    assert told.source["context"] == str(full)


def test_facts_that_are_not_about_the_market_do_not_make_a_context(tmp_path: Path) -> None:
    some = lake_of_facts(tmp_path / "some", Field.VIX)
    feed = Ingest(source="alpaca", symbols=("AAPL",), context=str(some))
    plan = open_run(Settings(ingest=feed), tmp_path, MemoryStore(), 1_732_800_000 * SECOND_NS)
    assert plan.facts and "vix.close" not in plan.features


def test_a_tape_tells_what_lies_in_its_own_lake(tmp_path: Path) -> None:
    lake, tape = tmp_path / "lake", synthetic_tape(MarketPlan(symbols=2), 500)
    write_tape(lake, tape.ticks, tape.instruments)
    settings = Settings(ingest=Ingest(source="tape", tape=str(lake)))
    assert not open_run(settings, tmp_path, MemoryStore()).facts
    lake_of_facts(lake, *CONTEXT_FIELDS)
    assert open_run(settings, tmp_path, MemoryStore()).facts


def test_a_lake_without_facts_and_a_market_that_tells_its_own_are_refused(tmp_path: Path) -> None:
    for ingest, said in (
        (Ingest(source="alpaca", symbols=("AAPL",), context=str(tmp_path)), "no facts lie in"),
        (Ingest(context=str(tmp_path)), "facts of its own"),
    ):
        with pytest.raises(Refused, match=said):
            open_run(Settings(ingest=ingest), tmp_path, MemoryStore())


def of_a_set(*terms: tuple[str, int, float]) -> list[Manifest]:
    """A model a sector, horizon and suggested threshold."""
    row = Reference(values=(0.0,), members=((0.3, 0.4, 0.3),), probabilities=(0.3, 0.4, 0.3))
    member = Member(name="a", kind="lightgbm", artefact="m.txt", sha256="0" * 64)
    return [
        Manifest(
            name="m", family="booster", members=(member,), features=("a",), spec=1, interval_ns=DAY_NS,
            label="l", horizon_ns=days * DAY_NS, sector=sector, trained_from_ns=0, trained_until_ns=1,
            rows=1, thresholds={"entry": entry}, reference=(row,),
        )
        for sector, days, entry in terms
    ]  # fmt: skip


def test_of_several_horizons_the_shortest_is_traded_or_the_one_that_was_asked_for() -> None:
    both = of_a_set(("Energy", 5, 0.5), ("Energy", 1, 0.4), ("", 1, 0.6), ("", 5, 0.7))
    assert traded_horizon("", both) == DAY_NS
    assert traded_horizon("5d", both) == traded_horizon("5", both) == 5 * DAY_NS
    assert traded_horizon("", both[1:3]) == traded_horizon("1d", both[1:3]) == traded_horizon("", []) == 0


def test_a_horizon_that_a_sector_has_no_model_for_is_refused_with_those_it_has() -> None:
    lame = of_a_set(("Energy", 1, 0.5), ("Energy", 5, 0.5), ("Utilities", 5, 0.5))
    with pytest.raises(
        Refused, match=r"the shortest .86400 s., the models for Utilities look 432000 s ahead"
    ):
        traded_horizon("", lame)
    with pytest.raises(Refused, match=r"risk.horizon is 2d .172800 s., the models for Energy look"):
        traded_horizon("2d", lame)
    assert traded_horizon("5d", lame) == 5 * DAY_NS


def test_an_account_that_trades_many_models_takes_the_highest_threshold_of_them() -> None:
    assert suggested_by(of_a_set(("Energy", 1, 0.4), ("", 1, 0.6))) == {"entry": 0.6}


def test_the_desk_trades_a_set_by_its_own_vector_and_horizon(tmp_path: Path) -> None:
    for one in of_a_set(("Energy", 1, 0.4), ("Energy", 5, 0.5)):
        folder = tmp_path / "energy" / f"{one.horizon_ns // DAY_NS}d"
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_bytes(encode(one))
    plan = plan_of(
        Settings(inference=Inference(model=str(tmp_path)), features=Features(bar_s=86_400.0)), tmp_path
    )
    assert plan.features == ("a",)
    assert (plan.risk["0"]["horizon_ns"], plan.risk["0"]["entry_threshold"]) == (DAY_NS, 0.4)
