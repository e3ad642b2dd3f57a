"""Parse LightGBM's model text into flat arrays that compiled code can traverse.

The text is LightGBM's own (`booster.model_to_string()`), so whatever LightGBM predicts with is what gets explained.
Models of another kind than one output of plain trees raise NotPlainTrees here, and explainer.py hands those to
LightGBM.

A node test is brought to one form, "is the number in this column at most this threshold?" (yes: left), and a column
is read in up to three ways, which differ in what a missing value is replaced by: NaN, for which every test is no;
minus infinity, for which every test is yes; or the test is whether the value is missing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Bytes = NDArray[np.uint8]
Cases = NDArray[np.uint64]

# What a column treats as missing (LightGBM: Tree::NumericalDecision, Tree::CategoricalDecision): nothing, NaN being
# zero; NaN; NaN and zero. In a column of categories NaN is one of the codes that no split names.
NO_MISSING, NAN_IS_MISSING, ZERO_IS_MISSING, CATEGORY = range(4)
ALMOST_ZERO = 1.0000000180025095e-35  # LightGBM's kZeroThreshold, the float32 1e-35: nearer to zero is zero
FIRST_TOO_LARGE_CODE = 2.0**31  # LightGBM casts a category to a 32-bit integer
# How a column is read, and so the outcome of a test of a missing value.
MISSING_SAYS_NO, MISSING_SAYS_YES, ONLY_MISSING_SAYS_YES = range(3)

# Room for the yes/no tables of categorical splits; past it (codes in the millions) LightGBM explains.
MOST_CATEGORY_ANSWERS = 1 << 26


class NotPlainTrees(Exception):  # noqa: N818
    """The model is not one output of plain trees: linear leaves, several classes, or an unknown text."""


@dataclass(frozen=True)
class Forest:
    """A LightGBM model as arrays. Children are node numbers within the tree, or ~leaf if negative."""

    feature_count: int
    base: float  # the mean raw score: what a row's reasons are added to
    first_node: Ints  # of each tree, and one more at the end
    first_leaf: Ints
    left: Ints
    right: Ints
    left_share: Floats  # share of the node's training rows that went left (`right_share`: right)
    right_share: Floats
    column: Ints  # which column the node tests
    threshold: Floats  # yes (left) if column <= threshold
    missing_goes_left: NDArray[np.bool_]
    answers: Ints  # a categorical node's first place in `category_answers`, else -1
    leaf_value: Floats
    column_feature: Ints  # the feature a column is made of
    column_kind: Ints  # which values are missing: NO_MISSING ... CATEGORY
    column_codes: Ints  # CATEGORY: codes 0 .. column_codes - 1 are told apart, all others are one
    category_answers: NDArray[np.uint8]  # 1: this code goes left

    @property
    def tree_count(self) -> int:
        return len(self.first_node) - 1


def read_forest(text: str) -> Forest:
    """The trees of a model text of LightGBM 3 or 4; trees of one leaf only add to the base.

    Raises NotPlainTrees for linear trees, several outputs a row, and texts that lack what is needed.
    """
    head, *trees = text.split("\nTree=")
    header = _fields(head)
    if header.get("num_class", "1") != "1" or header.get("num_tree_per_iteration", "1") != "1":
        raise NotPlainTrees("several outputs a row")
    if not trees:
        raise NotPlainTrees("no trees")
    last, _, _ = trees[-1].partition("\nend of trees")
    trees[-1] = last
    tree_fields = [_fields(tree) for tree in trees]
    if any(fields.get("is_linear", "0") != "0" for fields in tree_fields):
        raise NotPlainTrees("linear leaves")
    try:
        return _forest(int(header["max_feature_idx"]) + 1, tree_fields)
    except (KeyError, ValueError, IndexError) as error:
        raise NotPlainTrees(f"unknown model text: {error!r}") from error


def _fields(section: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in section.split("\n"))
    return {key: value for key, equals, value in pairs if equals}


def _forest(feature_count: int, trees: list[dict[str, str]]) -> Forest:
    stumps = [fields for fields in trees if fields["num_leaves"] == "1"]
    trees = [fields for fields in trees if fields["num_leaves"] != "1"]
    leaf_counts = np.array([int(fields["num_leaves"]) for fields in trees], dtype=np.int64)

    def joined(key: str, dtype: type = np.float64) -> NDArray:
        return np.fromstring(" ".join(fields[key] for fields in trees), dtype=dtype, sep=" ")

    first_leaf = np.concatenate([[0], np.cumsum(leaf_counts)]).astype(np.int64)
    first_node = np.concatenate([[0], np.cumsum(leaf_counts - 1)]).astype(np.int64)
    tree_of_node = np.repeat(np.arange(len(trees)), leaf_counts - 1)
    left, right = joined("left_child", np.int64), joined("right_child", np.int64)
    leaf_value, leaf_rows = joined("leaf_value"), joined("leaf_count")
    node_rows = joined("internal_count")
    feature, threshold = joined("split_feature", np.int64), joined("threshold")
    decision = joined("decision_type", np.int64)
    if not len(left) == len(right) == len(threshold) == len(feature) == len(node_rows) == first_node[-1]:
        raise ValueError("the lists of a tree differ in length")
    if not len(leaf_value) == len(leaf_rows) == first_leaf[-1]:
        raise ValueError("the lists of a tree's leaves differ in length")

    def rows_of(child: Ints) -> Floats:
        of_node = node_rows[np.where(child >= 0, first_node[tree_of_node] + child, 0)] if len(child) else child
        of_leaf = leaf_rows[np.where(child < 0, first_leaf[tree_of_node] + ~child, 0)] if len(child) else child
        return np.where(child >= 0, of_node, of_leaf)

    with np.errstate(divide="ignore", invalid="ignore"):
        left_share, right_share = rows_of(left) / node_rows, rows_of(right) / node_rows
        root_rows = np.repeat(node_rows[first_node[:-1]], leaf_counts)
        base = float(np.sum(leaf_rows / root_rows * leaf_value))
    base += sum(float(fields["leaf_value"]) for fields in stumps)

    kind = _kinds(decision)
    codes_of_node, bitsets = _bitsets(trees, first_node, kind, threshold)
    keys, column = np.unique(np.stack([feature, kind]), axis=1, return_inverse=True)
    column_codes = np.zeros(keys.shape[1], dtype=np.int64)
    np.maximum.at(column_codes, column, codes_of_node)
    answers, category_answers = _category_answers(bitsets, column, column_codes, len(kind))
    return Forest(
        feature_count=feature_count,
        base=base,
        first_node=first_node,
        first_leaf=first_leaf,
        left=left,
        right=right,
        left_share=left_share,
        right_share=right_share,
        column=column.astype(np.int64),
        threshold=np.where(kind == CATEGORY, 0.0, threshold),
        missing_goes_left=(decision & 2) > 0,
        answers=answers,
        leaf_value=leaf_value,
        column_feature=keys[0].astype(np.int64),
        column_kind=keys[1].astype(np.int64),
        column_codes=column_codes,
        category_answers=category_answers,
    )


def _kinds(decision: Ints) -> Ints:
    """LightGBM's decision_type: bit 0 categorical, bit 1 missing goes left, bits 2-3 what is missing."""
    missing = np.array([NO_MISSING, ZERO_IS_MISSING, NAN_IS_MISSING, NAN_IS_MISSING])[(decision >> 2) & 3]
    return np.where(decision & 1, CATEGORY, missing).astype(np.int64)


def _bitsets(
    trees: list[dict[str, str]], first_node: Ints, kind: Ints, threshold: Floats
) -> tuple[Ints, dict[int, NDArray[np.uint8]]]:
    """Per node the number of codes it names (0 for numeric ones), and per categorical node its yes/no list."""
    codes = np.zeros(len(kind), dtype=np.int64)
    bitsets: dict[int, NDArray[np.uint8]] = {}
    for tree, fields in enumerate(trees):
        if int(fields["num_cat"]) == 0:
            continue
        bounds = np.array(fields["cat_boundaries"].split(), dtype=np.int64)
        words = np.array(fields["cat_threshold"].split(), dtype=np.uint32)
        for node in range(int(first_node[tree]), int(first_node[tree + 1])):
            if kind[node] == CATEGORY:
                nth = int(threshold[node])
                bits = words[bounds[nth] : bounds[nth + 1]].astype("<u4").view(np.uint8)
                bitsets[node] = np.unpackbits(bits, bitorder="little")
                codes[node] = len(bitsets[node])
    return codes, bitsets


def _category_answers(
    bitsets: dict[int, NDArray[np.uint8]], column: Ints, column_codes: Ints, node_count: int
) -> tuple[Ints, NDArray[np.uint8]]:
    """One list of yes/no per categorical node, as long as its column's codes plus one "any other": no."""
    answers = np.full(node_count, -1, dtype=np.int64)
    if sum(int(column_codes[column[node]]) + 1 for node in bitsets) > MOST_CATEGORY_ANSWERS:
        raise NotPlainTrees("categorical codes too large for a table")
    parts, place = [], 0
    for node, bits in bitsets.items():
        room = np.zeros(int(column_codes[column[node]]) + 1, dtype=np.uint8)
        room[: len(bits)] = bits
        parts.append(room)
        answers[node], place = place, place + len(room)
    return answers, np.concatenate(parts) if parts else np.zeros(1, dtype=np.uint8)
