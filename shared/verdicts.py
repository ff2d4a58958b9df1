"""The closed list of outcomes: every decision point (book, strategy, instrument, bar) ends in one."""

import enum


class Verdict(enum.IntEnum):
    """Why a decision point ended as it did."""

    ENTERED = 1
    EXITED = 2
    HELD = 3
    ORDER_WORKING = 4
    BELOW_THRESHOLD = 5
    NO_PREDICTION = 6
    NOT_WARM = 7
    STALE_DATA = 8
    BAD_NUMBER = 9
    HALTED = 10
    NO_RANGE = 11
    SIZE_IS_ZERO = 12
    POSITION_LIMIT = 13
    GROSS_LIMIT = 14
    ORDER_NOTIONAL_LIMIT = 15
    CASH_LIMIT = 16
    OVERFLOW = 17
    OUTLIER = 18


MEANING = {
    Verdict.ENTERED: "an entry order with its bracket was sent",
    Verdict.EXITED: "an order to close the position was sent",
    Verdict.HELD: "a position is open and nothing asks to close it",
    Verdict.ORDER_WORKING: "an earlier order of this instrument is still working",
    Verdict.BELOW_THRESHOLD: "no side's probability reached the entry threshold",
    Verdict.NO_PREDICTION: "there was a bar but no prediction for it",
    Verdict.NOT_WARM: "a feature has not yet seen enough history",
    Verdict.STALE_DATA: "no bar arrived for this instrument at this close",
    Verdict.BAD_NUMBER: "a price or probability was not a usable number",
    Verdict.HALTED: "the kill switch is on, or its state is unknown",
    Verdict.NO_RANGE: "the price range is too small to place a stop",
    Verdict.SIZE_IS_ZERO: "the risk budget buys less than one lot",
    Verdict.POSITION_LIMIT: "the position would exceed its share of equity",
    Verdict.GROSS_LIMIT: "gross exposure would exceed its multiple of equity",
    Verdict.ORDER_NOTIONAL_LIMIT: "the order is larger than any single order may be",
    Verdict.CASH_LIMIT: "the book has lost the equity it needs to trade",
    Verdict.OVERFLOW: "an amount does not fit the money type",
    Verdict.OUTLIER: "the prediction was marked as outside what the model knows",
}
