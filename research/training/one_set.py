"""Trains one set: walks forward, asks the gate, teaches the model of all rows, and keeps what may be kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from research.dataset.examples import Examples
from research.dataset.folds import Fold, WalkForward, walk_forward
from research.dataset.manifest import DatasetManifest, describe
from research.families.booster import BOOSTER
from research.families.catalogue import FAMILIES
from research.honesty.gate import judge
from research.honesty.limits import Limits
from research.honesty.study import Study, base_rates, walk
from research.honesty.verdict import Outcome, Verdict
from research.members.lesson import Device
from research.scores.books import books, earned
from research.scores.card import opinion
from research.scores.years import years
from research.training.course import Terms
from research.training.importance import importances
from research.training.keeping import begin, manifest_of, write, write_model, write_report
from research.training.learner import FamilyLearner
from research.training.lines import fold_lines, member_lines, universe_of
from research.training.made import Made
from research.training.outcome import SetReport, sentence_of
from research.training.plan import TrainPlan
from research.training.rows import Rowset
from research.training.shares import shares_of
from research.training.walked import WALK, encode, walk_of
from research.training.workshop import Workshop
from shared.failures import Refused

FIRST_SHARE: Final = 0.4
FEWEST_ROWS: Final = 1_000


@dataclass(frozen=True)
class SetJob:
    """One set to be trained, and where it is kept."""

    plan: TrainPlan
    rows: Rowset
    folder: Path
    code: str
    horizon: str
    trials: int = 1
    """How many sets and settings are tried beside this one, itself included."""

    @property
    def settings(self) -> str:
        """One hash of what the set is asked for."""
        return self.plan.settings_hash(self.rows.wanted.sector, self.horizon, self.trials)

    def manifest(self) -> DatasetManifest:
        """What the set is made of."""
        rows, spec = self.rows, self.plan.spec
        return describe(rows.examples, rows.bars, spec.hash, rows.wanted.rule.name, self.code)


def train_set(job: SetJob, hands: int) -> SetReport:
    """The report of the set; a model is kept unless its score must not be believed."""
    plan, examples = job.plan, job.rows.examples
    if len(examples) < FEWEST_ROWS:
        raise Refused(f"{len(examples)} usable rows, training wants {FEWEST_ROWS} or more: give more history")
    begin(job.folder)
    embargo_ns = plan.length_ns(plan.embargo)
    folds = walk_forward(
        examples.times_ns,
        examples.end_ns,
        WalkForward(tests=plan.folds, first_share=FIRST_SHARE, embargo_ns=embargo_ns),
    )
    terms = _terms(plan, examples, folds)
    workshop = Workshop(hands)
    learner = FamilyLearner(FAMILIES[plan.family], examples, terms, workshop)
    claimed = walk(folds, learner, examples.values, examples.classes)
    control = FamilyLearner(BOOSTER, examples, replace(terms, cuts_ns=(), trials=0), workshop)
    study = Study(examples, folds, learner, claimed, job.rows, embargo_ns, Limits(), plan.seed, control)
    verdict = judge(study)
    report = _report(job, study, verdict, [_taught(learner, examples, fold) for fold in folds])
    if verdict.outcome is not Outcome.BLOCKED:
        made = learner.whole()
        told = claimed, plan.length_ns(job.horizon), plan.seed
        write_model(job.folder, made, manifest_of(made, report, plan.spec, examples, told))
        write(job.folder / WALK, encode(walk_of(study)))
    write_report(job.folder, report)
    return report


def _taught(learner: FamilyLearner, examples: Examples, fold: Fold) -> Made:
    """The model that answered a test; it was made for the walk and is remembered."""
    return learner.teach(fold.train, examples.values[fold.train], examples.classes[fold.train])


def _terms(plan: TrainPlan, examples: Examples, folds: list[Fold]) -> Terms:
    """Inner tests begin where the walk's do, and one more in the middle of the first stretch."""
    starts = [int(examples.times_ns[fold.test[0]]) for fold in folds]
    first = np.unique(examples.times_ns[examples.times_ns < starts[0]])
    cuts = (int(first[len(first) // 2]), *starts)
    return Terms(
        cuts_ns=cuts,
        embargo_ns=plan.length_ns(plan.embargo),
        balanced=plan.balanced,
        trials=plan.tune,
        seed=plan.seed,
        settings={"per_feature": {"probe": plan.probe}},
        device=Device(plan.device),
    )


def _report(job: SetJob, study: Study, verdict: Verdict, made: list[Made]) -> SetReport:
    plan, base = job.plan, base_rates(study.folds, study.examples.classes)
    said, tested = verdict.outcome.value, study.tested()
    walked = walk_of(study)
    money = earned(walked.tested, opinion(walked.said), plan.costs, job.rows.worth[tested])
    return SetReport(
        name=f"{slug(job.rows.wanted.sector)}-{job.horizon}",
        family=plan.family,
        sector=job.rows.wanted.sector,
        horizon=job.horizon,
        label=job.rows.wanted.rule.name,
        verdict=said,
        sentence=sentence_of(said, verdict.findings),
        findings=verdict.findings,
        scorecard=verdict.scorecard,
        folds=fold_lines(study, base),
        members=member_lines(study, made),
        importances=importances(made[-1], study.examples, study.folds[-1].test, plan.seed),
        shares=shares_of(made[-1], study.examples, study.folds[-1].test),
        books=books(money, plan.costs, job.trials),
        years=years(walked.tested, walked.said, walked.base, money),
        universe=universe_of(job.rows.bars, synthetic=plan.synthetic is not None),
        dataset=job.manifest(),
        settings=job.settings,
    )


def slug(sector: str) -> str:
    """A sector's name as a folder."""
    return sector.lower().replace(" ", "_")
