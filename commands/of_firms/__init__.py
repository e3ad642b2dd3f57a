"""What firms say and hand in: `goldseed objections`, `goldseed returns`; what is told of one: `goldseed timeline`,
`goldseed support`; what they did and seek: `goldseed activities`, `goldseed finance`."""

from commands.of_firms.activities import activities
from commands.of_firms.finance import finance
from commands.of_firms.objections import objections, timeline
from commands.of_firms.returns import returns
from commands.of_firms.support import support

__all__ = ["activities", "finance", "objections", "returns", "support", "timeline"]
