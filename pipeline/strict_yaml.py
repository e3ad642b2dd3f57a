"""YAML in which a key may be given once and a day must exist: rules, policies, column maps, the catalogue.

PyYAML alone keeps the last of two equal keys without a word, and a list of rules in which one has silently replaced
another is a wrong law.
"""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from pipeline.language import N_, Message

#: libyaml's, which reads eight times faster than PyYAML's own, which is there where PyYAML came without it.
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class StrictLoader(_LOADER):  # type: ignore[valid-type, misc]  # which it is, is known when it runs
    """Refuses a key given twice and a day that is not in the calendar."""


def _strict_mapping(loader: StrictLoader, node: yaml.MappingNode) -> dict[Hashable, Any]:
    loader.flatten_mapping(node)
    found: dict[Hashable, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in found:
            raise yaml.MarkedYAMLError(problem=f"{key} is given twice", problem_mark=key_node.start_mark)
        found[key] = loader.construct_object(value_node, deep=True)
    return found


def _real_day(loader: StrictLoader, node: yaml.ScalarNode) -> Any:
    try:
        return loader.construct_yaml_timestamp(node)
    except ValueError:
        raise yaml.MarkedYAMLError(
            problem=f"{node.value} is not a day of the calendar", problem_mark=node.start_mark
        ) from None


StrictLoader.add_constructor("tag:yaml.org,2002:map", _strict_mapping)
StrictLoader.add_constructor("tag:yaml.org,2002:timestamp", _real_day)


def parse_strictly(text: str) -> Any:
    """The content of a YAML text. Raises yaml.YAMLError, also for a key given twice or an impossible day."""
    return yaml.load(text, StrictLoader)


def load_strictly(path: Path, problems: list[Message]) -> Any:
    """The content of a YAML file; None, and a line in `problems`, where it cannot be read."""
    return load_text_strictly(path.read_text(encoding="utf-8"), path.name, problems)


def load_text_strictly(text: str, name: str, problems: list[Message]) -> Any:
    """As load_strictly, of a text that is called by `name`."""
    try:
        return parse_strictly(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{name}:{mark.line + 1}" if mark else name
        problems.append(
            Message(N_("%(place)s: %(what)s"), {"place": place, "what": getattr(error, "problem", None) or str(error)})
        )
        return None
