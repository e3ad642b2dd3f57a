"""Errors of scoring that people read; each says what to do instead."""

from pipeline.errors import ShownToPeople


class CannotTrain(ShownToPeople):
    """The data do not carry a model, or carry the answer in them."""


class UnknownFeatures(ShownToPeople):
    """A table that does not have the features the model was trained on, or has others."""


class ReasonsDoNotAddUp(ShownToPeople):
    """Base and reasons miss the score: our own fault, and never shown."""

    exit_code = 1


class LeakyTime(ShownToPeople):
    """A training row that knows what happened after the day of the model: our own fault."""

    exit_code = 1


class NotScored(ShownToPeople):
    """No score as asked for: no model, no firm, no facts by that day."""
