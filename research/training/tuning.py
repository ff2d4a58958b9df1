"""A search for better settings that sees only the rows it is given, and of those tests only later ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from research.dataset.folds import Fold
from research.members.catalogue import BY_NAME
from research.members.lesson import MemberRule, Setting, Settings
from research.scores.classes import log_loss_of
from research.training.course import Course
from research.training.made import Made, Piece
from research.training.workshop import Task, Workshop

if TYPE_CHECKING:
    from optuna.trial import Trial


def tuned(course: Course, members: Sequence[str], workshop: Workshop) -> Mapping[str, Settings]:
    """For each member the settings with the least surprise on the last block, learnt from before it."""
    blocks = list(course.blocks())
    if not blocks:
        return {}
    return {name: _searched(BY_NAME[name], course, blocks[-1], workshop) for name in members}


def _searched(rule: MemberRule, course: Course, block: Fold, workshop: Workshop) -> Settings:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.TPESampler(seed=course.terms.seed)
    study = optuna.create_study(sampler=sampler)
    lesson, tested = course.take(block.train).lesson(), course.take(block.test)

    def surprise(trial: Trial) -> float:
        settings = {**course.settings(rule.name, rule.usual), **_asked(rule, trial)}
        content = workshop.fit([Task(rule, lesson, settings)])[0]
        made = Made("booster", (Piece(rule.name, rule.kind, rule.suffix, content),))
        said = made.answers(course.names, tested.values.astype(np.float64))
        return log_loss_of(said, tested.classes)(tested.weights)

    study.enqueue_trial({name: rule.usual[name] for name in rule.choices if name in rule.usual})
    study.optimize(surprise, n_trials=course.terms.trials)
    return dict(study.best_params)


def _asked(rule: MemberRule, trial: Trial) -> dict[str, Setting]:
    return {
        name: (
            trial.suggest_int(name, int(choice.low), int(choice.high), log=choice.by_factor)
            if choice.whole
            else trial.suggest_float(name, choice.low, choice.high, log=choice.by_factor)
        )
        for name, choice in rule.choices.items()
    }
