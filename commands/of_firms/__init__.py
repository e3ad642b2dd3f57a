"""What firms say and hand in: `goldseed objections`, `goldseed returns`, and `goldseed timeline`."""

from commands.of_firms.objections import objections, timeline
from commands.of_firms.returns import returns

__all__ = ["objections", "returns", "timeline"]
