"""Bugs that people have really written, each planted in an otherwise clean line; the suite must find them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import count
from random import Random
from time import perf_counter_ns
from typing import Final, NamedTuple

import msgspec
import numpy as np

import services.risk.stages as risk
from services.execution.processor import FillDesk
from services.features.config import FeatureSpec
from services.features.processor import FeatureProcessor
from services.ingest.cuts import cut
from services.ingest.tape_stage import TapeStage
from services.ledger.config import LedgerConfig
from services.ledger.processor import LedgerProcessor
from services.risk.processor import RiskProcessor
from shared.block import Block
from shared.engine.bus import Bus, Key
from shared.engine.closes import SettledCloses, StrictCloses
from shared.engine.context import Context
from shared.engine.live_closes import LiveCloses
from shared.engine.log import Sequencer
from shared.engine.promise import PromiseStage, StageState, read_state
from shared.engine.readers import BOOKING, FEATURES, LEDGER, RISK, readers_of
from shared.engine.recompute import RecomputeStage, RecordedRecomputeStage
from shared.engine.stage import Stage, Step
from shared.failures import BadInput
from shared.ids import derive
from shared.processor import Processor
from shared.store.contract import Commit, Letter, StepStore, Store
from shared.streams import BARS, FILLS, ORDER_EVENTS, PREDICTIONS, REPORTS, TICKS
from shared.streams import FEATURES as VECTORS
from shared.tables import LEDGER_TABLES
from tests.chaos.faults import CutStore
