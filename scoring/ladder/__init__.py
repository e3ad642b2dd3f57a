"""First-time candidates of the ladder: by a model of first recognitions, or by the rule where none can be trained.

    scoring.registry, scoring.dataset, pipeline.ladder ──► candidates.py ──► in_words.py

The model is trained like any other (`goldseed train --event hnte_recognised --within 12`) and never champion.
"""
