"""The rule in force on a day, as people read it: conditions, law, evidence and how sure it is.

What rests on general knowledge alone is marked wherever it is shown.
"""

from datetime import date
from functools import cache
from typing import cast

from pipeline.catalog import catalog
from pipeline.json_values import JsonObject, JsonValue
from pipeline.language import ENGLISH, N_, Label, gettext, language, listed, pick
from pipeline.rules.definition import measures, rule_books
from pipeline.rules.definition.files import RULES_FOLDER
from pipeline.rules.definition.model import BOARDS, RECOGNITION, Group, Meets, Node, ResolvedCondition, RuleInForce
from pipeline.rules.explanation import condition_text
from pipeline.strict_yaml import load_strictly


def rules_on(board: str | None, day: date) -> list[RuleInForce]:
    """Every rule in force on `day`, of one board or (None) of all boards and recognition.

    Raises NoSuchRule for an unknown board, or a day before its first rule; asked for all, boards without a rule of
    that day are left out.
    """
    rules: list[RuleInForce] = []
    for name in (board,) if board else (*BOARDS, RECOGNITION):
        try:
            rules += rule_books.in_force(name, day)
        except rule_books.NoSuchRule:
            if board:
                raise
    return rules


def as_json(rule: RuleInForce) -> JsonObject:
    """A rule as a document: board, part, rule, label_zh, label_en, law, edition, begins, ends, source, confidence,
    confirmed, note_zh, note_en, conditions (nested: all, any, not, if_then or a condition)."""
    edition, note = rule.edition, note_of(rule)
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
        "note_zh": note.zh,
        "note_en": note.en,
        "conditions": _tree(rule.needs),
    }


def note_of(rule: RuleInForce) -> Label:
    """What is noted about a rule and about its edition."""
    return Label(
        "；".join(filter(None, (rule.rule.note_zh, rule.edition.note_zh))),
        "; ".join(filter(None, (rule.rule.note_en, rule.edition.note_en))),
    )


def notes_shown(rule: RuleInForce) -> Label:
    """note_of, and what the board's file leaves out of the law."""
    note, book = note_of(rule), rule_books.book_of(rule.board)
    return Label(
        "；".join(filter(None, (note.zh, book.note_zh))),
        "; ".join(filter(None, (note.en, book.note_en))),
    )


def _tree(node: Node) -> JsonObject:
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
        "threshold": cast("JsonValue", threshold.value),
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
    """The rules of rules_on() as indented text in the current language."""
    lines: list[str] = []
    noted: set[str] = set()
    for rule in rules_on(board, day):
        lines.append(f"{pick(rule_books.book_of(rule.board))} · {pick(rule.rule)} [{rule.id}]")
        begins = rule.edition.begins.isoformat()
        lines.append("  " + gettext(N_("law: %(law)s (in force from %(begins)s)"), law=rule.edition.law, begins=begins))
        lines.append(f"  {evidence(rule)}")
        note = pick(note_of(rule) if rule.board in noted else notes_shown(rule))
        noted.add(rule.board)
        if note:
            lines.append("  " + gettext(N_("note: %(note)s"), note=note))
        lines += _tree_lines(rule.needs, 1)
        lines.append("")
    for warning in rule_books.warnings_on(day, [board] if board else [*BOARDS, RECOGNITION]):
        lines.append(str(warning))
    return "\n".join(lines).rstrip() + "\n"


def evidence(rule: RuleInForce) -> str:
    """Who says so and how sure it is; `unconfirmed` where only general knowledge does."""
    names = listed(source_name(name) for name in rule.source)
    confidence = {
        "high": N_("high confidence"),
        "medium": N_("medium confidence"),
        "low": N_("low confidence"),
    }[rule.confidence]
    text = gettext(N_("source: %(source)s (%(confidence)s)"), source=names, confidence=gettext(confidence))
    return text if rule.confirmed else f"{text} · {gettext(unconfirmed_mark())}"


def unconfirmed_mark() -> str:
    """The msgid of the mark that every unconfirmed rule carries on screens."""
    return N_("unconfirmed: no public text was seen")


def source_name(key: str) -> str:
    """A source of sources.yaml in the current language."""
    source = sources().get(key)
    return source["en" if language() == ENGLISH else "zh"] if source else key


@cache
def sources() -> dict[str, dict[str, str]]:
    """sources.yaml: key -> zh, en, tier, address."""
    return load_strictly(RULES_FOLDER / "sources.yaml", []) or {}


def _tree_lines(node: Node, depth: int) -> list[str]:
    indent = "  " * depth
    if isinstance(node, Meets):
        return [f"{indent}- {pick(condition_text.rule_reference(node))}"]
    if isinstance(node, ResolvedCondition):
        mark = "" if node.threshold.confirmed else f"  ({gettext(unconfirmed_mark())})"
        return [f"{indent}- {pick(condition_text.condition_label(node))}{mark}"]
    assert isinstance(node, Group)
    heads = {
        "all": N_("all of:"),
        "any": N_("any of:"),
        "not": N_("not:"),
        "if_then": N_("if the first holds, then the second:"),
    }
    return [
        f"{indent}{gettext(heads[node.kind])}",
        *(line for child in node.nodes for line in _tree_lines(child, depth + 1)),
    ]
