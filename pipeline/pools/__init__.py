"""The two pools: who is proposed to enter or leave, who decides, who is in.

    model.py ──► policy.py ──► in_force.py ──► reviews.py ──► replay.py
    board_facts.py ──► inputs.py ──► evaluating.py ──► proposing.py ──► reviews.py
    reasons.py ──► deciding.py ──► reviews.py
    evaluating.py ──► standing.py
    deciding.py ──► kept_lists/: the list that a city kept before is taken over

`in_force` says which policy holds on a day, `reviews` makes a review and says who is a member, `deciding` records what
officers decide, `standing` says how a firm stands to every condition. The conditions of the policy are read and
decided by pipeline/rules.
"""
