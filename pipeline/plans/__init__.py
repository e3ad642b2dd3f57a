"""One firm, one plan: what leads a firm to its board, proposed from its stage and from what the rules miss.

firm_plan.py proposes; a person takes over what they want as tasks (pipeline.tutoring.tasks), with days and owners of
their own. Stands above rules and tutoring, which do not know each other.
"""
