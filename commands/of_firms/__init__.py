"""What firms say and hand in: `goldseed objections`, `goldseed returns`; what is told of one: `goldseed timeline`; what
firms are entitled to and claim: `goldseed support`; what the plan follows of all: `goldseed targets`, `goldseed
ladder`, `goldseed activities`, `goldseed agencies`, `goldseed finance`, `goldseed growers`, `goldseed pacesetters`,
`goldseed monitor`."""

from commands.of_firms import support_claims
from commands.of_firms.activities import activities
from commands.of_firms.agencies import agencies
from commands.of_firms.finance import finance
from commands.of_firms.growers import growers
from commands.of_firms.ladder import ladder
from commands.of_firms.monitor import monitor
from commands.of_firms.objections import objections, timeline
from commands.of_firms.pacesetters import pacesetters
from commands.of_firms.returns import returns
from commands.of_firms.support import support
from commands.of_firms.targets import targets

__all__ = [
    "activities",
    "agencies",
    "finance",
    "growers",
    "ladder",
    "monitor",
    "objections",
    "pacesetters",
    "returns",
    "support",
    "support_claims",
    "targets",
    "timeline",
]
