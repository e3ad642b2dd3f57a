"""The two pools: who is proposed to enter or leave, who decides, who is in.

    model.py ──► policy.py ──► in_force.py ──► reviews.py ──► replay.py
    board_facts.py ──► inputs.py ──► evaluating.py ──► proposing.py ──► reviews.py
    proposing.py ──► deciding.py ──► reviews.py ──► published.py
    proportions.py ──► members_over_time.py

`in_force` says which policy holds on a day, `reviews` makes a review and says who is a member, `deciding` records what
officers decide, `published` what goes out on paper, `members_over_time` what became of whom. The conditions of the
policy are read and decided by pipeline/rules.
"""
