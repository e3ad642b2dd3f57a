"""Build lookup tables from a forest: the SHAP values for every combination of outcomes of a few node tests.

*What a leaf contributes.* On the path to a leaf of value v let feature j have cover z_j (the product of the
shares of training rows that its branches kept) and o_j = 1 if the row takes every branch of j, else 0.
The Shapley value of feature i from this leaf is

    v (o_i - z_i) * integral over t from 0 to 1 of  product over j != i of (t o_j + (1 - t) z_j)  dt.

The integrand is a polynomial in t of degree d - 1 for d distinct features, so that Gauss-Legendre
quadrature with K = ceil(d / 2) points gives the integral exactly. At each point t_k let

    G_k = v w_k * product over all j of (t_k o_j + (1 - t_k) z_j);

then a missed feature (o_i = 0) gets  - sum over k of G_k / (1 - t_k),  the same for all of them, and a
kept one (o_i = 1)  sum over k of G_k (1 - z_i) / (t_k + (1 - t_k) z_i).  Every factor lies between 0 and 1 and
no divisor is 0, whatever the covers: nothing cancels.

*What is tabulated.* SHAP values depend on a row only through the outcomes of its node tests. Neighbouring
leaves share most of their nodes, so they are put in groups with few joint cases (leaf_groups.py). For each
case the table holds the sum of what the group's leaves contribute to each of the group's features.
Explaining a row is then, for each group: its case number, and one addition per feature.

*Deep leaves*, whose own cases are too many for a table, have small tables of factors of G_k instead, one
for every few of their features; lookup.py multiplies and sums up for each row.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from scoring.tree_shap.forest import (
    MISSING_SAYS_NO,
    MISSING_SAYS_YES,
    ONLY_MISSING_SAYS_YES,
    Bools,
    Floats,
    Forest,
    Ints,
    NotPlainTrees,
)
from scoring.tree_shap.jit import called_from_compiled_code, called_from_python
from scoring.tree_shap.leaf_groups import (
    DIGIT,
    MOST_BITS_OF_A_DEEP_LEAF,
    MOST_LEAVES_OF_A_GROUP,
    NODE,
    OF,
    RANK,
    add_leaf,
    count_cases,
    cut_into_groups,
    lay_out_deep_leaf,
    paths_to_root,
)

COST_OF_CELL = 0.0004  # nanoseconds a row, of fetching eight bytes of table once per block of rows
COST_OF_FILLING_A_CELL = 3.0  # nanoseconds, once, to be shared by the rows
MOST_CASES = 4096  # of a group
MOST_CELLS = 1 << 25  # of all tables together: 256 MiB
MOST_FEATURES_ON_A_PATH = 60
FEWEST_TREES_A_THREAD = 20


@dataclass(frozen=True)
class Tables:
    """Lookup tables of a forest. Group g has splits, features and a table of cases x features.

    `first_split[g]` and so on are where the group's part of a list begins, with one more at the end.
    A deep leaf's case has a bit per column it tests, 1 where its path is broken. Its cells are, in order:
    factor after factor, points x cases; features x points of kept features; points of missed ones.
    """

    reading_feature: Ints  # of each reading of a column that splits test
    reading_kind: Ints  # NO_MISSING ... CATEGORY
    reading_missing_rule: Ints  # MISSING_SAYS_NO ...
    reading_codes: Ints
    category_answers: NDArray[np.uint8]
    first_split: Ints
    first_feature: Ints
    first_cell: Ints
    first_case: NDArray[np.uint64]  # the case of a row for which every test is no
    cases: Ints  # of the group; 0 marks a deep leaf
    split_reading: Ints
    split_threshold: Floats
    split_answers: Ints  # see Forest.answers
    split_weight: NDArray[np.uint64]  # what a yes adds to the case, modulo 2 ** 64
    feature: Ints
    feature_bits: NDArray[np.uint64]  # of a deep leaf's case: any is 1 if the feature is missed
    feature_factor: Ints  # of a deep leaf: features with the same number are in one factor
    cells: Floats  # of a table, all cases of its first feature come first


def build_tables(
    forest: Forest,
    rows: int = 10_000,
    most_cases: int = MOST_CASES,
    most_cells: int = MOST_CELLS,
    most_features: int = MOST_FEATURES_ON_A_PATH,
) -> Tables:
    """Group the leaves of every tree and fill the groups' tables.

    Tables are the larger the more `rows` they are expected to explain. `most_cases` is halved until all
    tables together have at most `most_cells` cells.
    Raises NotPlainTrees if some path splits on more than `most_features` features.
    """
    trees = (forest.first_node, forest.first_leaf)
    above_node, above_leaf = np.full(len(forest.left), -1), np.full(len(forest.leaf_value), -1)
    leaf_order = np.empty(len(above_leaf), dtype=np.int64)
    steps, deepest = paths_to_root(*trees, forest.left, forest.right, above_node, above_leaf, leaf_order)
    nodes = (
        *(above_node, above_leaf, leaf_order, forest.column, forest.threshold, forest.answers),
        *(forest.column_feature[forest.column], forest.missing_goes_left, forest.column_kind[forest.column], deepest),
    )
    shares = (forest.left_share, forest.right_share, forest.leaf_value)
    cost_of_cell = COST_OF_CELL + COST_OF_FILLING_A_CELL / max(1, rows)
    parts = min(os.cpu_count() or 1, max(1, forest.tree_count // FEWEST_TREES_A_THREAD))
    cuts = [forest.tree_count * part // parts for part in range(parts + 1)]

    def cut(first_tree: int, end: int) -> tuple[Ints, int, int]:
        first_leaf = forest.first_leaf[first_tree : end + 1]
        groups = np.zeros((first_leaf[-1] - first_leaf[0] + 1, 3), dtype=np.int64)  # first leaf, cases, first cell
        count, features, bits = cut_into_groups(first_leaf, *nodes, most_cases, cost_of_cell, groups)
        return groups[: count + 1], features, bits

    def fill(groups: Ints) -> tuple[Ints, Ints, Floats, Ints]:
        first = np.zeros((len(groups), 3), dtype=np.int64)  # split, feature, case
        splits = np.zeros((2 * steps, 3), dtype=np.int64)  # reading, answers, weight
        thresholds, features = np.zeros(2 * steps), np.zeros((steps, 3), dtype=np.int64)  # feature, bits, factor
        written = (first, splits, thresholds, features, cells)
        _fill(*nodes, *shares, groups, *points, *written)
        split_count, feature_count, _ = first[-1]
        return first, splits[:split_count], thresholds[:split_count], features[:feature_count]

    with ThreadPoolExecutor(parts) as pool:
        while True:
            groups, features_on_a_path, bits = zip(*pool.map(cut, cuts[:-1], cuts[1:]), strict=True)
            if max(features_on_a_path) > most_features or max(bits) > MOST_BITS_OF_A_DEEP_LEAF:
                raise NotPlainTrees(f"{max(features_on_a_path)} features on a path")
            cell_count = sum(int(part[-1, 2]) for part in groups)
            if cell_count <= most_cells or most_cases <= 2:
                break
            most_cases //= 2
        for before, after in pairwise(groups):
            after[:, 2] += before[-1, 2]
        cells = np.zeros(cell_count)
        points = quadrature(int(max(features_on_a_path)))
        filled = list(pool.map(fill, groups))
    first = _one_after_the_other([part[0] for part in filled])
    group = np.concatenate([part[:-1] for part in groups] + [groups[-1][-1:]])
    splits = np.concatenate([part[1] for part in filled])
    thresholds = np.concatenate([part[2] for part in filled])
    features = np.concatenate([part[3] for part in filled])
    readings, split_reading = np.unique(splits[:, 0], return_inverse=True)
    column = readings // 3
    return Tables(
        reading_feature=forest.column_feature[column],
        reading_kind=forest.column_kind[column],
        reading_missing_rule=readings % 3,
        reading_codes=forest.column_codes[column],
        category_answers=forest.category_answers,
        first_split=first[:, 0].copy(),
        first_feature=first[:, 1].copy(),
        first_cell=group[:, 2].copy(),
        first_case=first[:-1, 2].astype(np.uint64),
        cases=group[:-1, 1].copy(),
        split_reading=split_reading.astype(np.int64),
        split_threshold=thresholds,
        split_answers=splits[:, 1].copy(),
        split_weight=splits[:, 2].astype(np.uint64),
        feature=features[:, 0].copy(),
        feature_bits=features[:, 1].astype(np.uint64),
        feature_factor=features[:, 2].copy(),
        cells=cells,
    )


def _one_after_the_other(firsts: list[Ints]) -> Ints:
    """Lists of firsts, each with the end as its last, as one: places count on from list to list."""
    whole, place = [], np.zeros(3, dtype=np.int64)
    for first in firsts:
        place[2] = 0  # a case is not a place
        whole.append(first[:-1] + place)
        place = place + first[-1]
    return np.concatenate([*whole, place[None, :]])


@cache
def quadrature(most_features: int) -> tuple[Floats, Floats]:
    """Gauss-Legendre points and weights on (0, 1); row K holds the K points exact up to 2 K features."""
    most = max(1, (most_features + 1) // 2)
    points, weights = np.zeros((most + 1, most)), np.zeros((most + 1, most))
    for count in range(1, most + 1):
        x, w = np.polynomial.legendre.leggauss(count)
        points[count, :count], weights[count, :count] = (x + 1) / 2, w / 2
    return points, weights


@called_from_python()
def _fill(
    above_node: Ints,
    above_leaf: Ints,
    leaf_order: Ints,
    column: Ints,
    threshold: Floats,
    answers: Ints,
    feature_of: Ints,
    missing_goes_left: Bools,
    kind_of: Ints,
    deepest: int,
    left_share: Floats,
    right_share: Floats,
    leaf_value: Floats,
    groups: Ints,
    points: Floats,
    weights: Floats,
    first: Ints,
    splits: Ints,
    thresholds: Floats,
    features: Ints,
    cells: Floats,
) -> None:
    """Write each group's splits and features, and its table of what its leaves contribute in each case."""
    room = MOST_LEAVES_OF_A_GROUP * deepest
    node_tests, demands = np.empty((room, 4), np.int64), np.empty((room, 4), np.int64)
    run_features, counts = np.empty(room, np.int64), np.zeros(3, np.int64)
    most_yeses = deepest + MOST_LEAVES_OF_A_GROUP + 4
    class_of, broken = np.empty((room, most_yeses), np.int64), np.empty((room, most_yeses), np.int64)
    class_count, bit_of = np.empty(room, np.int64), np.empty(room, np.int64)
    layout, size = np.empty((room, 2), np.int64), np.empty(room, np.int64)
    on_path, which, cover = np.empty(room, np.int64), np.empty(deepest, np.int64), np.empty(deepest)
    q_end, f_end, first_case, all_cases = 0, 0, 0, np.int64(1) << np.int64(62)
    for g in range(len(groups) - 1):
        cases, first_leaf, leaf_count = groups[g, 1], groups[g, 0], groups[g + 1, 0] - groups[g, 0]
        counts[0], counts[1], counts[2] = 0, 0, 0
        for nth in range(leaf_count):
            add_leaf(
                leaf_order[first_leaf + nth],
                nth,
                counts,
                node_tests,
                demands,
                run_features,
                above_node,
                above_leaf,
                column,
                threshold,
                answers,
                feature_of,
                missing_goes_left,
            )
        n_features = counts[2]
        count_cases(counts, node_tests, demands, kind_of, all_cases, class_of, broken, class_count)
        if cases == 0:
            factors, _, _ = lay_out_deep_leaf(counts, node_tests, run_features, feature_of, bit_of, layout, size)
        # A split adds to the case what its digit's class changes by where its outcome changes.
        weight, first_case = n_features, 0
        for digit in range(counts[0]):
            if node_tests[digit, DIGIT] != digit:
                continue
            of = node_tests[digit, OF]
            if cases == 0:
                weight = 1 << bit_of[digit]
                for yeses in range(of + 2):
                    class_of[digit, yeses] = broken[digit, class_of[digit, yeses]]
                first_case += weight * class_of[digit, 0]
            missing, no, yes = class_of[digit, of + 1], class_of[digit, 0], class_of[digit, of]
            for q in range(digit, counts[0]):
                if node_tests[q, DIGIT] != digit:
                    continue
                yeses = of - node_tests[q, RANK]  # from here on q is answered yes
                step = class_of[digit, yeses] - class_of[digit, yeses - 1]
                if step != 0:
                    node = node_tests[q, NODE]
                    missing_rule = MISSING_SAYS_YES if missing == yes and missing != no else MISSING_SAYS_NO
                    splits[q_end, 0], splits[q_end, 1] = 3 * column[node] + missing_rule, answers[node]
                    splits[q_end, 2], thresholds[q_end] = step * weight, threshold[node]
                    q_end += 1
            if missing != no and missing != yes:
                splits[q_end, 0] = 3 * column[node_tests[digit, NODE]] + ONLY_MISSING_SAYS_YES
                splits[q_end, 1], splits[q_end, 2], thresholds[q_end] = -1, (missing - no) * weight, 0.0
                q_end += 1
            weight *= class_count[digit]
        for f in range(n_features):
            features[f_end + f, 0] = run_features[f]
            if cases == 0:
                features[f_end + f, 1], features[f_end + f, 2] = layout[f, 0], layout[f, 1]
        f_end += n_features
        first[g, 2] = first_case
        first[g + 1, 0], first[g + 1, 1] = q_end, f_end

        table = cells[groups[g, 2] : groups[g + 1, 2]]
        missed = np.empty(max(1, cases), np.int64)
        for nth in range(leaf_count):
            leaf = leaf_order[first_leaf + nth]
            d = _path(
                leaf,
                n_features,
                run_features,
                which,
                cover,
                on_path,
                above_node,
                above_leaf,
                feature_of,
                left_share,
                right_share,
            )
            if cases == 0:
                _fill_deep_leaf(leaf_value[leaf], n_features, factors, layout, size, cover, points, weights, table)
                continue
            # For each case, the set of path features some of whose branches the row misses.
            missed[0] = 0
            filled = 1
            for digit in range(counts[0]):
                if node_tests[digit, DIGIT] != digit:
                    continue
                f = 0
                while run_features[f] != feature_of[node_tests[digit, NODE]]:
                    f += 1
                for c in range(class_count[digit] - 1, -1, -1):
                    wrong = 1 << on_path[f] if (broken[digit, c] >> nth) & 1 else 0
                    for x in range(filled):
                        missed[c * filled + x] = missed[x] | wrong
                filled *= class_count[digit]
            _add_leaf_contributions(leaf_value[leaf], n_features, d, which, cover, missed, points, weights, table)


@called_from_compiled_code()
def _path(
    leaf: int,
    n_features: int,
    run_features: Ints,
    which: Ints,
    cover: Floats,
    on_path: Ints,
    above_node: Ints,
    above_leaf: Ints,
    feature_of: Ints,
    left_share: Floats,
    right_share: Floats,
) -> int:
    """A leaf's path: how many features, `which` of the group's, with their covers; `on_path` finds them."""
    d = 0
    for f in range(n_features):
        on_path[f] = -1
    above = above_leaf[leaf]
    while above >= 0:
        node, side = above >> 1, above & 1
        above = above_node[node]
        f = 0
        while run_features[f] != feature_of[node]:
            f += 1
        if on_path[f] < 0:
            on_path[f], which[d], cover[d] = d, f, 1.0
            d += 1
        cover[on_path[f]] *= right_share[node] if side else left_share[node]
    return d


@called_from_compiled_code()
def _add_leaf_contributions(
    leaf_value: float,
    n_features: int,
    d: int,
    which: Ints,
    cover: Floats,
    missed: Ints,
    points: Floats,
    weights: Floats,
    table: Floats,
) -> None:
    """Add to the table what one leaf contributes in each case, `missed` being the case's set of missed features."""
    count, sets, cases = (d + 1) // 2, 1 << d, len(missed)
    product, if_missed, contribution = np.empty((count, sets)), np.zeros(sets), np.empty(sets)
    for k in range(count):
        t = points[count, k]
        product[k, 0] = leaf_value * weights[count, k]
        for j in range(d):
            no = (1 - t) * cover[j]
            yes = t + no
            half = 1 << j
            for x in range(half):
                product[k, half + x] = product[k, x] * no
                product[k, x] *= yes
        for x in range(sets):
            if_missed[x] -= product[k, x] / (1 - t)
    for i in range(d):
        for x in range(sets):
            contribution[x] = 0.0
        for k in range(count):
            t = points[count, k]
            kept = (1 - cover[i]) / (t + (1 - t) * cover[i])
            for x in range(sets):
                contribution[x] += product[k, x] * kept
        for x in range(sets):
            contribution[x] = if_missed[x] if (x >> i) & 1 else contribution[x]
        for case in range(cases):
            table[case * n_features + which[i]] += contribution[missed[case]]


@called_from_compiled_code()
def _fill_deep_leaf(
    leaf_value: float,
    d: int,
    factors: int,
    layout: Ints,
    size: Ints,
    cover: Floats,
    points: Floats,
    weights: Floats,
    cells: Floats,
) -> None:
    """Write a deep leaf's factors, then the factors of kept features at each point, then of missed ones."""
    count, place, shift = (d + 1) // 2, 0, 0
    for factor in range(factors):
        for k in range(count):
            t = points[count, k]
            for case in range(1 << size[factor]):
                product = leaf_value * weights[count, k] if factor == 0 else 1.0
                for f in range(d):
                    if layout[f, 1] == factor:
                        missed = (layout[f, 0] >> shift) & case != 0
                        product *= (0.0 if missed else t) + (1 - t) * cover[f]
                cells[place] = product
                place += 1
        shift += size[factor]
    for f in range(d):
        for k in range(count):
            t = points[count, k]
            cells[place] = (1 - cover[f]) / (t + (1 - t) * cover[f])
            place += 1
    for k in range(count):
        cells[place] = -1 / (1 - points[count, k])
        place += 1
