"""One firm: its score with reasons, what would raise it, and what it would newly meet.

    actions.py -> suggestion.py -> rule_effects.py -> counterfactuals.py -> explanation.py -> full_explanation.py
    firm_snapshot.py, suggestion.py -> next_steps.py -> explanation.py
    firm_snapshot.py -> counterfactuals.py, explanation.py, full_explanation.py
    scores/day_model.py, scores/peer_changes.py -> counterfactuals.py
    firm_snapshot.py, scores/stored_scores.py -> score_changes.py -> since_review.py
    score_changes.py, standing_changes.py -> movers.py
    explanation.py, scores/touched_scores.py -> answered_objections.py

Import `scoring.explain.full_explanation` (everything about a firm), `scoring.explain.explanation`
(explain_firm), `scoring.explain.score_changes` (why points moved between two days or two runs),
`scoring.explain.movers` (who moved, and what changed meanwhile in the standing to the boards),
`scoring.explain.since_review`, `scoring.explain.answered_objections` (and what that does to the score),
`scoring.explain.counterfactuals` and `scoring.explain.firm_snapshot`.
"""
