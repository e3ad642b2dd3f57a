"""What firms say and hand in: `goldseed objections`, `goldseed returns`; what is told of one: `goldseed timeline`,
`goldseed support`."""

from commands.of_firms.objections import objections, timeline
from commands.of_firms.returns import returns
from commands.of_firms.support import support

__all__ = ["objections", "returns", "support", "timeline"]
