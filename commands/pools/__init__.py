"""The commands below `goldseed pools`.

    reviews.py ──► papers.py, opinions.py, policy_bench.py, ways_in.py

`reviews` has the group itself, to which each of the others adds its commands when it is read.
"""

from commands.pools import opinions, papers, policy_bench, ways_in
from commands.pools.reviews import pools

__all__ = ["opinions", "papers", "policy_bench", "pools", "ways_in"]
