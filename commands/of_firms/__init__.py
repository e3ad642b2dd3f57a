"""What firms say and hand in: `goldseed objections`, `goldseed returns`; what is told of one: `goldseed timeline`,
`goldseed support`; where all stand: `goldseed ladder`; the fast growers among them and the pacesetters:
`goldseed growers`, `goldseed pacesetters`."""

from commands.of_firms.growers import growers
from commands.of_firms.ladder import ladder
from commands.of_firms.objections import objections, timeline
from commands.of_firms.pacesetters import pacesetters
from commands.of_firms.returns import returns
from commands.of_firms.support import support

__all__ = ["growers", "ladder", "objections", "pacesetters", "returns", "support", "timeline"]
