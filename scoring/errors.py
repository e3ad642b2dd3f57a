"""Errors of scoring that people read; each says what to do instead."""

from pipeline.errors import NotFound, ShownToPeople
from pipeline.language import N_, Message


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


class NoSuchModel(NotFound):
    """A model by a name that the registry, or the folder of models, does not have."""

    def __init__(self, name: str) -> None:
        text = N_("There is no model %(name)s here. `goldseed models list` names those there are.")
        super().__init__(Message(text, {"name": name[:80]}))


class FilesMissing(NotFound):
    """A registered model whose files are neither in the database nor in the folder of models."""

    def __init__(self, name: str) -> None:
        text = N_(
            "The model %(name)s is registered, but its files are neither in the database nor here. On the host that "
            "trained it: goldseed models store"
        )
        super().__init__(Message(text, {"name": name[:80]}))
