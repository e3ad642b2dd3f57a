"""Turn a forest into tables: for every way of answering a few of a tree's questions, the reasons.

Second step of the exact reasons: tree_shap_forest.py -> **tree_shap_tables.py** -> tree_shap_kernel.py.

*What a leaf gives.* On the way to a leaf of value v let feature j have cover z_j (the product of the
shares of training rows that its branches kept) and o_j = 1 if the row takes every branch of j, else 0.
The Shapley value of feature i from this leaf is

    v (o_i - z_i) * integral over t from 0 to 1 of  product over j != i of (t o_j + (1 - t) z_j)  dt.

The integrand is a polynomial in t of degree d - 1 for d distinct features, so that Gauss-Legendre
quadrature with K = ceil(d / 2) points gives the integral exactly. All factors lie between 0 and 1:
nothing cancels, and a cover of 0 needs no care, since nothing is divided.

*What is tabled.* Reasons depend on a row only through its answers at the nodes. Leaves that stand side
by side share most of their nodes, so they are put in groups with few joint cases. Of m thresholds on one
column a row is above some and below the rest, which is m + 1 cases, and cases that keep and break the
same paths are one; over the columns they multiply. For each case the table holds the sum of what the
group's leaves give to each of the group's features. Explaining a row is then, for each group: its case
number, and one addition per feature.

*Which leaves form a group* is chosen tree by tree by dynamic programming over the leaves from left to
right: the cheapest cut into runs, by the measured costs of asking a question, adding a number, and
bringing a table into the cache.

*Deep leaves*, whose own cases are too many for a table, are kept as they are, and tree_shap_kernel.py
does their integral for each row.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numba as nb
import numpy as np
from numpy.typing import NDArray

from scoring.tree_shap_forest import Floats, Forest, Ints, NotPlainTrees

# Costs in nanoseconds a row, measured on one core of a 2.3 GHz Sapphire Rapids; only their ratios matter.
COST_OF_QUESTION = 0.2
COST_OF_ADDITION = 0.5
COST_OF_CELL = 0.0004  # of fetching eight bytes of table once per block of rows
COST_OF_DEEP_STEP = 1.0  # one feature of a deep leaf at one quadrature point

MOST_CASES = 8192  # of a group
MOST_CELLS = 1 << 25  # of all tables together: 256 MiB
MOST_FEATURES_ON_A_PATH = 512  # 256 points
MOST_LEAVES_OF_A_GROUP = 62  # a set of them is a 64-bit integer


@dataclass(frozen=True)
class Tables:
    """A forest made ready for adding up. Group g has questions, features and a table of cases x features.

    `first_question[g]` and so on are where the group's part of a list begins; one more stands at the end.
    """

    first_question: Ints
    first_feature: Ints
    first_cell: Ints
    cases: Ints  # of the group; 0 marks a deep leaf, which has no cells
    deep_value: Floats  # of a deep leaf
    question_column: Ints
    question_threshold: Floats
    question_answers: Ints  # see Forest.answers
    question_weight: NDArray[np.uint64]  # what a yes adds to the case, modulo 2 ** 64; deep leaf: 1 if yes keeps
    question_feature: Ints  # the path, else 0; and which of the leaf's features the question is about
    feature: Ints
    cover: Floats  # of the feature on the way to a deep leaf
    cells: Floats  # all tables; of a group, the cases of its first feature come first
    points: Floats  # quadrature for deep leaves: row K holds K points
    weights: Floats


def lay_tables(
    forest: Forest,
    most_cases: int = MOST_CASES,
    most_cells: int = MOST_CELLS,
    most_features: int = MOST_FEATURES_ON_A_PATH,
) -> Tables:
    """Group the leaves of every tree and fill the groups' tables.

    `most_cases` is halved until all tables together have at most `most_cells` cells.
    Raises NotPlainTrees if some path asks about more than `most_features` features.
    """
    trees = (forest.first_node, forest.first_leaf)
    above_node, above_leaf = np.full(len(forest.left), -1), np.full(len(forest.leaf_value), -1)
    leaf_order = np.empty(len(above_leaf), dtype=np.int64)
    steps, deepest = _climb(*trees, forest.left, forest.right, above_node, above_leaf, leaf_order)
    nodes = (
        *(above_node, above_leaf, leaf_order),
        *(forest.column, forest.threshold, forest.answers, forest.column_feature[forest.column]),
    )
    while True:
        groups = np.zeros((len(above_leaf) + 1, 3), dtype=np.int64)  # first leaf, cases, first cell
        count, most_on_a_path = _cut_into_groups(forest.first_leaf, *nodes, deepest, most_cases, groups)
        if most_on_a_path > most_features:
            raise NotPlainTrees(f"{most_on_a_path} features on a path")
        cell_count = groups[count, 2]
        if cell_count <= most_cells or most_cases <= 2:
            break
        most_cases //= 2
    groups = groups[: count + 1].copy()
    first = np.zeros((count + 1, 2), dtype=np.int64)  # question, feature
    questions = np.zeros((steps, 4), dtype=np.int64)  # column, answers, weight, which feature
    thresholds, feature, cover = np.zeros(steps), np.zeros(steps, dtype=np.int64), np.zeros(steps)
    cells = np.zeros(cell_count)
    points, weights = quadrature(int(most_on_a_path))
    _fill(
        *nodes, deepest, forest.left_share, forest.right_share, forest.leaf_value, groups, points, weights,
        first, questions, thresholds, feature, cover, cells,
    )  # fmt: skip
    question_count, feature_count = first[-1]
    return Tables(
        first_question=first[:, 0].copy(),
        first_feature=first[:, 1].copy(),
        first_cell=groups[:, 2].copy(),
        cases=groups[:-1, 1].copy(),
        deep_value=forest.leaf_value[leaf_order[groups[:-1, 0]]],
        question_column=questions[:question_count, 0].copy(),
        question_threshold=thresholds[:question_count].copy(),
        question_answers=questions[:question_count, 1].copy(),
        question_weight=questions[:question_count, 2].astype(np.uint64),
        question_feature=questions[:question_count, 3].copy(),
        feature=feature[:feature_count].copy(),
        cover=cover[:feature_count].copy(),
        cells=cells,
        points=points,
        weights=weights,
    )


@cache
def quadrature(most_features: int) -> tuple[Floats, Floats]:
    """Gauss-Legendre points and weights on (0, 1); row K holds the K points exact up to 2 K features."""
    most = max(1, (most_features + 1) // 2)
    points, weights = np.zeros((most + 1, most)), np.zeros((most + 1, most))
    for count in range(1, most + 1):
        x, w = np.polynomial.legendre.leggauss(count)
        points[count, :count], weights[count, :count] = (x + 1) / 2, w / 2
    return points, weights


@nb.njit(nogil=True, cache=True)
def _climb(first_node, first_leaf, left, right, above_node, above_leaf, leaf_order):
    """Write how to climb from leaf to root, and each tree's leaves, smaller branches first.

    A parent is 2 * node + side (side 1: right), -1 above the root; nodes are numbered through the forest.
    Smaller branches first, so that leaves of about the same depth and path are neighbours.
    Returns the length of all paths together and of the longest.
    """
    steps, deepest = 0, 0
    for tree in range(len(first_node) - 1):
        n0, n1, l0, l1 = first_node[tree], first_node[tree + 1], first_leaf[tree], first_leaf[tree + 1]
        for node in range(n0, n1):
            for side in range(2):
                child = right[node] if side else left[node]
                if child >= 0:
                    above_node[n0 + child] = 2 * node + side
                else:
                    above_leaf[l0 + ~child] = 2 * node + side
        leaves_below = np.zeros(n1 - n0, np.int64)
        for leaf in range(l0, l1):
            above = above_leaf[leaf]
            depth = 0
            while above >= 0:
                leaves_below[(above >> 1) - n0] += 1
                depth += 1
                above = above_node[above >> 1]
            steps += depth
            deepest = max(deepest, depth)
        waiting = np.empty(l1 - l0 + 1, np.int64)
        waiting[0] = 0
        count, place = 1, l0
        while count > 0:
            count -= 1
            at = waiting[count]
            if at < 0:
                leaf_order[place] = l0 + ~at
                place += 1
                continue
            a, b = left[n0 + at], right[n0 + at]
            size_a = leaves_below[a] if a >= 0 else 1
            size_b = leaves_below[b] if b >= 0 else 1
            if size_a > size_b:
                a, b = b, a
            waiting[count], waiting[count + 1] = b, a
            count += 2
    return steps, deepest


# The questions of a run of leaves: columns of `asked`. Questions on one column of numbers are one digit, named
# after the first of them; with `of` thresholds it is answered yes 0 to `of` times, by the highest first.
NODE, DIGIT, RANK, OF = range(4)
# What paths demand: columns of `demands`.
LEAF, QUESTION, SIDE = range(3)


@nb.njit(nogil=True, cache=True)
def _add_leaf(
    leaf, nth, counts, asked, demands, about, above_node, above_leaf, column, threshold, answers, feature_of
):  # fmt: skip
    """Add a leaf, the nth of its run, to the run's questions, demands and features; `counts` are their lengths.

    Of several thresholds that a path passes on the same side only the tightest, which is the deepest, counts.
    """
    first_demand = counts[1]
    above = above_leaf[leaf]
    while above >= 0:
        node, side = above >> 1, above & 1
        above = above_node[node]
        known = False
        for f in range(counts[2]):
            known |= about[f] == feature_of[node]
        if not known:
            about[counts[2]] = feature_of[node]
            counts[2] += 1
        loose = False
        if answers[node] < 0:
            for b in range(first_demand, counts[1]):
                loose |= column[asked[demands[b, QUESTION], NODE]] == column[node] and demands[b, SIDE] == side
        if loose:
            continue
        this = counts[0]
        digit, rank, of = this, 0, 1
        for q in range(counts[0]):
            other = asked[q, NODE]
            if column[other] != column[node]:
                continue
            if threshold[other] == threshold[node] and answers[other] == answers[node]:
                this = q
                break
            if answers[node] < 0:
                digit = min(digit, q)
                of += 1
                rank += threshold[other] < threshold[node]
        if this == counts[0]:
            for q in range(counts[0]):
                if asked[q, DIGIT] == digit:
                    asked[q, RANK] += threshold[asked[q, NODE]] > threshold[node]
                    asked[q, OF] = of
            asked[this, NODE], asked[this, DIGIT], asked[this, RANK], asked[this, OF] = node, digit, rank, of
            counts[0] += 1
        demands[counts[1], LEAF], demands[counts[1], QUESTION], demands[counts[1], SIDE] = nth, this, side
        counts[1] += 1


@nb.njit(nogil=True, cache=True)
def _count_cases(counts, asked, demands, most_cases, class_of, broken, class_count):
    """The number of cases a run has; more than `most_cases` means that counting stopped there.

    Digit by digit, numbers of yeses that break the same paths are one class: `class_of[digit, yeses]`, of
    `class_count[digit]`, and `broken[digit, class]` is the set of leaves whose paths it breaks.
    """
    cases = 1
    for digit in range(counts[0]):
        if asked[digit, DIGIT] != digit:
            continue
        of, classes = asked[digit, OF], 0
        for yeses in range(of + 1):
            breaks = 0
            for b in range(counts[1]):
                q = demands[b, QUESTION]
                if asked[q, DIGIT] == digit and (yeses >= of - asked[q, RANK]) == (demands[b, SIDE] == 1):
                    breaks |= 1 << demands[b, LEAF]
            this = 0
            while this < classes and broken[digit, this] != breaks:
                this += 1
            broken[digit, this] = breaks
            classes = max(classes, this + 1)
            class_of[digit, yeses] = this
        class_count[digit] = classes
        cases *= classes
        if cases > most_cases:
            break
    return cases


@nb.njit(nogil=True, cache=True)
def _cut_into_groups(
    first_leaf, above_node, above_leaf, leaf_order, column, threshold, answers, feature_of,
    deepest, most_cases, groups,
):  # fmt: skip
    """Cut each tree's leaves into the cheapest runs; returns their number and the most features of a leaf."""
    room = MOST_LEAVES_OF_A_GROUP * deepest
    asked, demands = np.empty((room, 4), np.int64), np.empty((room, 3), np.int64)
    about, counts = np.empty(room, np.int64), np.zeros(3, np.int64)
    most_yeses = deepest + MOST_LEAVES_OF_A_GROUP + 4
    class_of, broken = np.empty((room, most_yeses), np.int64), np.empty((room, most_yeses), np.int64)
    class_count = np.empty(room, np.int64)
    count, most_on_a_path = 0, 0
    for tree in range(len(first_leaf) - 1):
        l0 = first_leaf[tree]
        leaves = first_leaf[tree + 1] - l0
        cheapest = np.full(leaves + 1, np.inf)
        cheapest[0] = 0.0
        begin, case_count = np.zeros(leaves + 1, np.int64), np.zeros(leaves + 1, np.int64)
        cell_count = np.zeros(leaves + 1, np.int64)
        for i in range(leaves):
            counts[:] = 0
            for j in range(i, min(leaves, i + MOST_LEAVES_OF_A_GROUP)):
                leaf = leaf_order[l0 + j]
                _add_leaf(
                    leaf, j - i, counts, asked, demands, about,
                    above_node, above_leaf, column, threshold, answers, feature_of,
                )  # fmt: skip
                cases = _count_cases(counts, asked, demands, most_cases, class_of, broken, class_count)
                n = counts[2]
                cost = COST_OF_QUESTION * counts[0] + COST_OF_ADDITION * n + COST_OF_CELL * cases * n
                if i == j:
                    most_on_a_path = max(most_on_a_path, n)
                    cost_alone = COST_OF_DEEP_STEP * n * ((n + 1) // 2)
                    if cases > most_cases or cost_alone < cost:
                        cost, cases = cost_alone, 0
                elif cases > most_cases:
                    break
                if cheapest[i] + cost < cheapest[j + 1]:
                    cheapest[j + 1] = cheapest[i] + cost
                    begin[j + 1], case_count[j + 1], cell_count[j + 1] = i, cases, cases * n
        cuts = np.empty(leaves + 1, np.int64)
        n_cuts, j = 0, leaves
        while j > 0:
            cuts[n_cuts] = j
            n_cuts += 1
            j = begin[j]
        for c in range(n_cuts - 1, -1, -1):
            j = cuts[c]
            groups[count, 0], groups[count, 1] = l0 + begin[j], case_count[j]
            groups[count + 1, 0], groups[count + 1, 2] = l0 + j, groups[count, 2] + cell_count[j]
            count += 1
    return count, most_on_a_path


@nb.njit(nogil=True, cache=True)
def _fill(
    above_node, above_leaf, leaf_order, column, threshold, answers, feature_of,
    deepest, left_share, right_share, leaf_value, groups, points, weights,
    first, questions, thresholds, feature, path_cover, cells,
):  # fmt: skip
    """Write each group's questions and features, and add up in its table what its leaves give in each case."""
    room = MOST_LEAVES_OF_A_GROUP * deepest
    asked, demands = np.empty((room, 4), np.int64), np.empty((room, 3), np.int64)
    about, counts = np.empty(room, np.int64), np.zeros(3, np.int64)
    most_yeses = deepest + MOST_LEAVES_OF_A_GROUP + 4
    class_of, broken = np.empty((room, most_yeses), np.int64), np.empty((room, most_yeses), np.int64)
    class_count = np.empty(room, np.int64)
    on_path = np.empty(room, np.int64)
    which, cover = np.empty(deepest, np.int64), np.empty(deepest)
    q_end, f_end = 0, 0
    for g in range(len(groups) - 1):
        cases = groups[g, 1]
        leaves = leaf_order[groups[g, 0] : groups[g + 1, 0]]
        counts[:] = 0
        for nth in range(len(leaves)):
            _add_leaf(
                leaves[nth], nth, counts, asked, demands, about,
                above_node, above_leaf, column, threshold, answers, feature_of,
            )  # fmt: skip
        n_features = counts[2]
        feature[f_end : f_end + n_features] = about[:n_features]
        if cases == 0:
            d = _path(
                leaves[0], n_features, about, which, cover, on_path, above_node, above_leaf, feature_of,
                left_share, right_share,
            )  # fmt: skip
            for i in range(d):
                path_cover[f_end + which[i]] = cover[i]
            for b in range(counts[1]):
                node = asked[demands[b, QUESTION], NODE]
                questions[q_end, 0], questions[q_end, 1] = column[node], answers[node]
                questions[q_end, 2] = 1 - demands[b, SIDE]
                for f in range(n_features):
                    if about[f] == feature_of[node]:
                        questions[q_end, 3] = f
                thresholds[q_end] = threshold[node]
                q_end += 1
        else:
            _count_cases(counts, asked, demands, cases, class_of, broken, class_count)
            weight = 1
            for digit in range(counts[0]):
                if asked[digit, DIGIT] != digit:
                    continue
                for q in range(digit, counts[0]):
                    if asked[q, DIGIT] != digit:
                        continue
                    yeses = asked[q, OF] - asked[q, RANK]  # from here on q is answered yes
                    step = class_of[digit, yeses] - class_of[digit, yeses - 1]
                    if step != 0:
                        node = asked[q, NODE]
                        questions[q_end, 0], questions[q_end, 1] = column[node], answers[node]
                        questions[q_end, 2] = step * weight
                        thresholds[q_end] = threshold[node]
                        q_end += 1
                weight *= class_count[digit]
            table = cells[groups[g, 2] : groups[g + 1, 2]].reshape(n_features, cases)
            missed = np.empty(cases, np.int64)
            for nth in range(len(leaves)):
                d = _path(
                    leaves[nth], n_features, about, which, cover, on_path, above_node, above_leaf, feature_of,
                    left_share, right_share,
                )  # fmt: skip
                # For each case, the set of path features some of whose branches the row misses.
                missed[0] = 0
                size = 1
                for digit in range(counts[0]):
                    if asked[digit, DIGIT] != digit:
                        continue
                    f = 0
                    while about[f] != feature_of[asked[digit, NODE]]:
                        f += 1
                    bit = on_path[f]
                    for c in range(class_count[digit] - 1, -1, -1):
                        wrong = 1 << bit if (broken[digit, c] >> nth) & 1 else 0
                        for x in range(size):
                            missed[c * size + x] = missed[x] | wrong
                    size *= class_count[digit]
                _add_what_a_leaf_gives(leaf_value[leaves[nth]], d, which, cover, missed, points, weights, table)
        f_end += n_features
        first[g + 1, 0], first[g + 1, 1] = q_end, f_end


@nb.njit(nogil=True, cache=True)
def _path(
    leaf, n_features, about, which, cover, on_path, above_node, above_leaf, feature_of, left_share, right_share
):  # fmt: skip
    """A leaf's path: how many features, `which` of the group's, with their covers; `on_path` finds them."""
    d = 0
    on_path[:n_features] = -1
    above = above_leaf[leaf]
    while above >= 0:
        node, side = above >> 1, above & 1
        above = above_node[node]
        f = 0
        while about[f] != feature_of[node]:
            f += 1
        if on_path[f] < 0:
            on_path[f], which[d], cover[d] = d, f, 1.0
            d += 1
        cover[on_path[f]] *= right_share[node] if side else left_share[node]
    return d


@nb.njit(nogil=True, cache=True)
def _add_what_a_leaf_gives(leaf_value, d, which, cover, missed, points, weights, table):
    """Add to the table what one leaf gives in each case, `missed` being the case's set of missed features."""
    count = (d + 1) // 2
    half = 1 << (d - 1)
    product, integral, given = np.empty((count, half)), np.empty(half), np.empty(2 * half)
    for i in range(d):
        # The integral for every set of the other features missed.
        for k in range(count):
            t = points[count, k]
            row = product[k]
            row[0] = leaf_value * weights[count, k]
            size = 1
            for j in range(d):
                if j == i:
                    continue
                no = (1 - t) * cover[j]
                yes = t + no
                for x in range(size):
                    row[size + x] = row[x] * no
                    row[x] *= yes
                size *= 2
        integral[:] = product[0]
        for k in range(1, count):
            for x in range(half):
                integral[x] += product[k, x]
        low = (1 << i) - 1
        for x in range(half):
            others = (x & low) | ((x & ~low) << 1)
            given[others] = (1 - cover[i]) * integral[x]
            given[others | (1 << i)] = -cover[i] * integral[x]
        column = table[which[i]]
        for case in range(len(missed)):
            column[case] += given[missed[case]]
