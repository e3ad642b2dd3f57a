"""The rule in force on a day, as people read it: conditions, law, evidence and how sure it is.

dated.py -> **showing.py** -> cli.py, board pages. What rests on general knowledge alone is marked wherever shown.
"""

from datetime import date
from functools import cache

from pipeline.catalog import catalog
from pipeline.language import ENGLISH, N_, gettext, language, listed, pick
from pipeline.rules.definition import measures, rule_books
from pipeline.rules.definition.files import RULES_FOLDER
from pipeline.rules.definition.model import BOARDS, RECOGNITION, Group, Meets, Node, ResolvedCondition, RuleInForce
from pipeline.rules.explanation import condition_text
from pipeline.strict_yaml import load_strictly


def show(board: str | None, day: date) -> list[dict[str, object]]:
    """Every rule in force on `day`, of one board or (None) of all boards and recognition.

    One dict a rule: board, part, rule, label_zh, label_en, law, begins, ends, source, confidence, confirmed, note_zh,
    note_en, conditions (nested: all, any, not, if_then or a condition). Raises NoSuchRule for an unknown board, or
    a day before its first rule; asked for all, boards without a rule of that day are left out.
    """
    found: list[RuleInForce] = []
    for name in (board,) if board else (*BOARDS, RECOGNITION):
        try:
            found += rule_books.in_force(name, day)
        except rule_books.NoSuchRule:
            if board:
                raise
    return [shown(rule) for rule in found]


def shown(rule: RuleInForce) -> dict[str, object]:
    """One rule as show() gives it."""
    edition = rule.edition
    return {
        "board": rule.board,
        "part": rule.part,
        "rule": rule.id,
        "label_zh": rule.rule.zh,
        "label_en": rule.rule.en,
        "law": edition.law,
        "edition": edition.id,
        "begins": edition.begins.isoformat(),
        "ends": edition.ends.isoformat() if edition.ends else None,
        "source": list(rule.source),
        "confidence": rule.confidence,
        "confirmed": rule.confirmed,
        "note_zh": "；".join(filter(None, (rule.rule.note_zh, edition.note_zh))),
        "note_en": "; ".join(filter(None, (rule.rule.note_en, edition.note_en))),
        "conditions": _tree(rule.needs),
    }


def _tree(node: Node) -> dict[str, object]:
    if isinstance(node, Group):
        return {node.kind: [_tree(child) for child in node.nodes]}
    if isinstance(node, Meets):
        label = condition_text.rule_reference(node)
        return {"rule": node.rule, "label_zh": label.zh, "label_en": label.en}
    assert isinstance(node, ResolvedCondition)
    label, threshold = condition_text.condition_label(node), node.threshold
    measure = measures.measures()[node.measure]
    return {
        "label_zh": label.zh,
        "label_en": label.en,
        "fact": node.measure,
        "window": node.window.name,
        "op": node.op,
        "threshold": threshold.value,
        "unit": threshold.unit.name,
        "begins": threshold.begins.isoformat(),
        "law": threshold.law,
        "source": list(threshold.source),
        "confidence": threshold.confidence,
        "confirmed": threshold.confirmed,
        "note_zh": measure.note_zh,
        "note_en": measure.note_en,
        "judged": _is_judged(node.measure),
    }


def _is_judged(measure: str) -> bool:
    """Whether a person of the bureau or an adviser must say it; no return does."""
    facts = measures.base_facts(measure)
    return any(name in catalog() and catalog()[name].group == "judged" for name in facts)


def as_text(board: str | None, day: date) -> str:
    """The rules of show() as indented text in the current language."""
    lines: list[str] = []
    english = language() == ENGLISH
    label = "label_en" if english else "label_zh"
    for entry in show(board, day):
        book = rule_books.book_of(str(entry["board"]))
        lines.append(f"{pick(book)} · {entry[label]} [{entry['rule']}]")
        lines.append(
            "  " + gettext(N_("law: %(law)s (in force from %(begins)s)"), law=entry["law"], begins=entry["begins"])
        )
        lines.append(f"  {evidence(entry)}")
        if note := entry["note_en" if english else "note_zh"]:
            lines.append("  " + gettext(N_("note: %(note)s"), note=note))
        lines += _tree_lines(entry["conditions"], label, 1)
        lines.append("")
    for warning in rule_books.warnings_on(day, [board] if board else [*BOARDS, RECOGNITION]):
        lines.append(str(warning))
    return "\n".join(lines).rstrip() + "\n"


def evidence(shown: dict[str, object]) -> str:
    """Who says so and how sure it is; `unconfirmed` where only general knowledge does."""
    names = listed(source_name(name) for name in shown["source"])  # type: ignore[attr-defined]
    confidence = {
        "high": N_("high confidence"),
        "medium": N_("medium confidence"),
        "low": N_("low confidence"),
    }[str(shown["confidence"])]
    text = gettext(N_("source: %(source)s (%(confidence)s)"), source=names, confidence=gettext(confidence))
    return text if shown["confirmed"] else f"{text} · {gettext(unconfirmed_mark())}"


def unconfirmed_mark() -> str:
    """The msgid of the mark that every unconfirmed rule carries on screens."""
    return N_("unconfirmed: no public text was seen")


def source_name(key: str) -> str:
    """A source of sources.yaml in the current language."""
    found = sources().get(key)
    return found["en" if language() == ENGLISH else "zh"] if found else key


@cache
def sources() -> dict[str, dict[str, str]]:
    """sources.yaml: key -> zh, en, tier, address."""
    return load_strictly(RULES_FOLDER / "sources.yaml", []) or {}


def _tree_lines(node: object, label: str, depth: int) -> list[str]:
    assert isinstance(node, dict)
    indent = "  " * depth
    if label in node:
        mark = "" if node.get("confirmed", True) else f"  ({gettext(unconfirmed_mark())})"
        return [f"{indent}- {node[label]}{mark}"]
    kind = next(iter(node))
    heads = {
        "all": N_("all of:"),
        "any": N_("any of:"),
        "not": N_("not:"),
        "if_then": N_("if the first holds, then the second:"),
    }
    return [
        f"{indent}{gettext(heads[kind])}",
        *(line for child in node[kind] for line in _tree_lines(child, label, depth + 1)),
    ]
