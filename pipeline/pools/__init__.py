"""The two pools: who is proposed to enter or leave, who decides, who is in.

    model.py ──► policy.py ──► reviews.py
    model.py ──► proposing.py ──► known_facts.py ──► reviews.py
    reviews.py ──► published.py
    proportions.py ──► members_over_time.py

`policy.policy_on` gives the policy of a day, `reviews` makes a review, records decisions and says who is a member,
`published` what goes out on paper, `members_over_time` what became of whom. The conditions of the policy are read and
decided by pipeline/rules.
"""
