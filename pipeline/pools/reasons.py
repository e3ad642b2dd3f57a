"""Why a review proposes something, and what it finds of those whom it does not propose to move, in words."""

from collections.abc import Mapping

from pipeline.language import N_, Label
from pipeline.pools.model import GOLDEN, SEED

#: What the pools are called in a sentence.
POOL_NAMES: Mapping[str, Label] = {SEED: Label("种子库", "seed pool"), GOLDEN: Label("金种子库", "golden-seed pool")}
GRADUATES = N_("The firm is listed: it leaves the pool as a graduate.")
#: Those that end in _conditions are for conditions that ask for more than one line in points.
REASONS: Mapping[str, str] = {
    "enter": N_("%(points).1f points reach the seed pool's line of %(line).1f; rank %(rank)s of %(of)s firms."),
    "promote": N_(
        "%(points).1f points reach the golden-seed pool's line of %(line).1f; rank %(rank)s of %(of)s firms."
    ),
    "demote": N_("%(points).1f points are below the golden-seed pool's exit line of %(line).1f."),
    "exit": N_("%(points).1f points are below the seed pool's exit line of %(line).1f."),
    "enter_conditions": N_(
        "The seed pool's entry conditions are met: %(conditions)s. %(points).1f points: rank %(rank)s of %(of)s firms."
    ),
    "promote_conditions": N_(
        "The golden-seed pool's entry conditions are met: %(conditions)s. "
        "%(points).1f points: rank %(rank)s of %(of)s firms."
    ),
    "straight_conditions": N_(
        "The golden-seed pool's conditions of straight entry are met: %(conditions)s. "
        "%(points).1f points: rank %(rank)s of %(of)s firms."
    ),
    "enter_rules": N_("The seed pool's entry conditions are met: %(conditions)s. No model scores the city."),
    "promote_rules": N_("The golden-seed pool's entry conditions are met: %(conditions)s. No model scores the city."),
    "straight_rules": N_(
        "The golden-seed pool's conditions of straight entry are met: %(conditions)s. No model scores the city."
    ),
    "demote_conditions": N_("The golden-seed pool's exit conditions are met: %(conditions)s."),
    "exit_conditions": N_("The seed pool's exit conditions are met: %(conditions)s."),
    "demote_cap": N_(
        "The golden-seed pool has %(cap)s places; this firm is the lowest in it: rank %(rank)s of %(of)s."
    ),
    "exit_cap": N_("The seed pool has %(cap)s places; this firm is the lowest in it: rank %(rank)s of %(of)s."),
    "renew": N_("The membership has run out, and the entry conditions are still met: %(conditions)s."),
    "exit_expired": N_("The membership of the seed pool has run out, and its entry conditions are no longer met."),
    "demote_expired": N_(
        "The membership of the golden-seed pool has run out, and its entry conditions are no longer met."
    ),
    "listed": GRADUATES,
    "kept_list": N_("It stood in the list that the bureau kept before: %(list)s, row %(row)s."),
}
#: What a review finds of firms that it does not propose to move.
STANDINGS: Mapping[str, Label] = {
    "waiting": Label("符合条件，等待名额", "qualifies and waits for a place"),
    "warned": Label("首次达到出库条件", "meets an exit condition for the first time"),
    "renewal_unknown": Label("到期，能否续期待核实", "has run out; whether it can be renewed is not known"),
    "unknown": Label("有条件待核实", "something that nobody knows decides"),
    "near": Label("接近入库条件", "is near the entry conditions"),
}
