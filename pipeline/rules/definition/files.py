"""Where the rules are kept, and which files of that folder are no rule books."""

from pipeline.settings import ROOT

RULES_FOLDER = ROOT / "data" / "rules"
NOT_RULE_BOOKS = frozenset(
    {
        "measures.yaml",
        "sources.yaml",
        "tech_sme_score.yaml",
        "pools.yaml",
        "pools_points_only.yaml",
        "pools_rules_only.yaml",
        "pacesetters.yaml",
        "targets.yaml",
        "support.yaml",
        "support_demo.yaml",
    }
)
