"""The report of one set as one HTML page that needs nothing else."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Final

import numpy as np

from research.scores.books import BEYOND
from research.scores.card import Measured
from research.training import svg
from research.training.outcome import SetReport
from research.training.page_books import earnings, yearly
from research.training.page_shares import shares_section

STYLE: Final = Path(__file__).with_name("page.css")
SHOWN: Final = 15
"""Features that the page shows."""
BETTER_LOW: Final = {"log_loss", "brier", "calibration_error"}
WORDS: Final = {
    "rank_ic": "rank IC",
    "rank_ic_across": "rank IC across instruments",
    "ic": "IC",
    "log_loss": "log-loss",
    "brier": "Brier score",
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "calibration_error": "calibration error",
    "auc_buy": "AUC, buy",
    "auc_sell": "AUC, sell",
    "pr_auc_buy": "average precision, buy",
    "pr_auc_sell": "average precision, sell",
}
SAYS: Final = {
    "pass": "An edge, and nothing found against it.",
    "no edge": "Nothing wrong, and no better than knowing nothing.",
    "blocked": "Not to be believed. No model was kept.",
}


def render(report: SetReport) -> str:
    """The whole page."""
    parts = (
        _head(report),
        _scores(report),
        earnings(report),
        yearly(report),
        _members(report),
        shares_section(report),
        _folds(report),
        _gate(report),
        _made_of(report),
    )
    title = escape(f"{report.sector} · {report.horizon}")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE.read_text(encoding='utf-8')}</style></head><body><main>{''.join(parts)}</main></body></html>\n"
    )


def _head(report: SetReport) -> str:
    card = report.scorecard
    skill = card["rank_ic"]
    figures = (
        ("rank IC", f"{skill.value:+.3f}", f"{skill.low:+.3f} … {skill.high:+.3f}"),
        _earned(report),
        ("log-loss", f"{card['log_loss'].value:.4f}", f"base rates {card['log_loss'].base:.4f}"),
        ("accuracy", f"{card['accuracy'].value:.1%}", f"always the commonest {card.majority_accuracy:.1%}"),
        ("tested rows", f"{card.rows:,}", f"{report.dataset.instruments:,} instruments"),
    )
    tiles = "".join(f"<div><dt>{a}</dt><dd>{b}</dd><small>{c}</small></div>" for a, b, c in figures)
    return (
        f'<header><p class="over">{escape(report.family)} · {escape(report.label)}</p>'
        f"<h1>{escape(report.sector)} <span>{escape(report.horizon)}</span></h1>"
        f'<p class="verdict {_kind(report.verdict)}"><b>{report.verdict}</b> {SAYS[report.verdict]}</p>'
        f"<p>{escape(report.sentence)}</p></header><dl>{tiles}</dl>"
    )


def _earned(report: SetReport) -> tuple[str, str, str]:
    beyond = report.books[BEYOND]
    within = f"{beyond.net_low:+.1f} … {beyond.net_high:+.1f} bps"
    return "beyond equal weight, net", f"{beyond.net_bps:+.1f} bps", within


def _scores(report: SetReport) -> str:
    card = report.scorecard
    rows = "".join(_score(one) for one in card.scores if one.name in WORDS)
    counts = ", ".join(f"{count:,} {name}" for name, count in card.class_rows.items())
    keys = "".join(f'<i style="background:{colour}"></i>{name} ' for name, colour in svg.COLOURS.items())
    return (
        "<section><h2>Scores on rows never learnt from</h2>"
        '<div class="two"><div><table><thead><tr><th>score</th><th>value</th><th>95 % interval</th>'
        f"<th>base rates</th></tr></thead><tbody>{rows}</tbody></table>"
        f"<p class=note>What came: {counts}. Bold: better than the base rates beyond the interval.</p></div>"
        f'<figure>{svg.reliability(card.reliability)}<figcaption class="key">{keys}</figcaption></figure>'
        "</div></section>"
    )


def _score(one: Measured) -> str:
    least = max(one.base, 0.0)
    better = one.high < one.base if one.name in BETTER_LOW else one.low > least
    value = f"<b>{one.value:.4f}</b>" if better else f"{one.value:.4f}"
    return (
        f"<tr><td>{WORDS[one.name]}</td><td>{value}</td>"
        f"<td>{one.low:.4f} … {one.high:.4f}</td><td>{one.base:.4f}</td></tr>"
    )


def _members(report: SetReport) -> str:
    shown = sorted(report.members, key=lambda one: -one.rank_ic)[:SHOWN]
    rows = "".join(
        f"<tr><td>{escape(one.name)}</td><td>{one.kind}</td><td>{one.log_loss:.4f}</td></tr>" for one in shown
    )
    found = report.importances[:SHOWN]
    return (
        "<section><h2>Who knows what</h2><h3>Rank IC by member</h3>"
        f"<figure>{svg.of_members(shown, report.scorecard['rank_ic'])}</figure>"
        f"<table><thead><tr><th>member</th><th>kind</th><th>log-loss</th></tr></thead><tbody>{rows}</tbody></table>"
        "<h3>What is lost without a feature <small>log-loss in thousandths of a nat, last test</small></h3>"
        f"<figure>{svg.bars(found)}</figure></section>"
    )


def _folds(report: SetReport) -> str:
    rows = "".join(
        f"<tr><td>{one.number}</td><td>{_day(one.from_ns)}</td><td>{_day(one.until_ns)}</td>"
        f"<td>{one.train_rows:,}</td><td>{one.test_rows:,}</td><td>{one.log_loss:.4f}</td>"
        f"<td>{one.log_loss_base:.4f}</td><td>{one.rank_ic:+.3f}</td><td>{one.accuracy:.1%}</td>"
        f"<td>{one.majority_accuracy:.1%}</td></tr>"
        for one in report.folds
    )
    head = "".join(
        f"<th>{word}</th>"
        for word in (
            "test",
            "from",
            "until",
            "learnt",
            "tested",
            "log-loss",
            "base",
            "rank IC",
            "accuracy",
            "majority",
        )
    )
    return (
        "<section><h2>Walk forward</h2><p class=note>Each test learns only from labels that had ended "
        "an embargo before it began.</p>"
        f"<div class=wide><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        "<h3>Gain over the base rates <small>thousandths of a nat</small></h3>"
        f"<figure>{svg.of_folds(report.folds)}</figure></section>"
    )


def _gate(report: SetReport) -> str:
    rows = "".join(
        f'<li class="{_kind(one.outcome.value)}"><b>{escape(one.check)}</b> {escape(one.sentence)}</li>'
        for one in report.findings
    )
    return f"<section><h2>The honesty gate</h2><ul class=gate>{rows}</ul></section>"


def _made_of(report: SetReport) -> str:
    data = report.dataset
    facts = (
        ("rows", f"{data.rows:,} of {data.instruments:,} instruments"),
        ("from", f"{_day(data.from_ns)} until {_day(data.until_ns)}"),
        ("features", ", ".join(data.features)),
        ("data set", data.hash),
        ("tape", data.tape),
        ("settings", report.settings),
        ("code", data.code),
    )
    rows = "".join(f"<tr><th>{name}</th><td>{escape(value)}</td></tr>" for name, value in facts)
    return f'<section><h2>Made of</h2><table class="facts"><tbody>{rows}</tbody></table></section>'


def _kind(verdict: str) -> str:
    """A verdict as the name of its style."""
    return verdict.replace(" ", "-")


def _day(time_ns: int) -> str:
    return str(np.datetime64(time_ns, "ns").astype("datetime64[m]")).replace("T", " ")
