"""Turn a forest into tables: for every way of answering a few of a tree's questions, the reasons.

Second step of the exact reasons: tree_shap_forest.py -> **tree_shap_tables.py** -> tree_shap_kernel.py.

*What a leaf gives.* On the way to a leaf of value v let feature j have cover z_j (the product of the
shares of training rows that its branches kept) and o_j = 1 if the row takes every branch of j, else 0.
The Shapley value of feature i from this leaf is

    v (o_i - z_i) * integral over t from 0 to 1 of  product over j != i of (t o_j + (1 - t) z_j)  dt.

The integrand is a polynomial in t of degree d - 1 for d distinct features, so that Gauss-Legendre
quadrature with K = ceil(d / 2) points gives the integral exactly. At each point t_k let

    G_k = v w_k * product over all j of (t_k o_j + (1 - t_k) z_j);

then a missed feature (o_i = 0) is given  - sum over k of G_k / (1 - t_k),  the same for all of them, and
a kept one  sum over k of G_k (1 - z_i) / (t_k + (1 - t_k) z_i).  Every factor lies between 0 and 1 and
no divisor is 0, whatever the covers: nothing cancels.

*What is tabled.* Reasons depend on a row only through its answers at the nodes. Leaves that stand side
by side share most of their nodes, so they are put in groups with few joint cases. Of m thresholds on one
column a row is above some and below the rest, which is m + 1 cases, and cases that keep and break the
same paths are one; over the columns they multiply. For each case the table holds the sum of what the
group's leaves give to each of the group's features. Explaining a row is then, for each group: its case
number, and one addition per feature.

*Which leaves form a group* is chosen tree by tree by dynamic programming over the leaves from left to
right: the cheapest cut into runs, by the measured costs of asking a question, adding a number, and
bringing a table into the cache.

*Deep leaves*, whose own cases are too many for a table, have small tables of factors of G_k instead, one
for every few of their features; tree_shap_kernel.py multiplies and sums up for each row.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numba as nb
import numpy as np
from numpy.typing import NDArray

from scoring.tree_shap_forest import (
    GAP_ALONE_SAYS_YES,
    GAP_SAYS_NO,
    GAP_SAYS_YES,
    NAN_IS_GAP,
    ZERO_IS_GAP,
    Floats,
    Forest,
    Ints,
    NotPlainTrees,
)

# Costs in nanoseconds a row, measured on one core of a 2.3 GHz Sapphire Rapids; only their ratios matter.
COST_OF_QUESTION = 0.2
COST_OF_ADDITION = 0.5
COST_OF_CELL = 0.0004  # of fetching eight bytes of table once per block of rows
COST_OF_FILLING_A_CELL = 3.0  # once, to be shared by the rows
COST_OF_DEEP_POINT = 1.5  # of a deep leaf: one quadrature point,
COST_OF_DEEP_STEP = 0.15  # and one feature at one point

MOST_CASES = 4096  # of a group
MOST_CELLS = 1 << 25  # of all tables together: 256 MiB
MOST_FEATURES_ON_A_PATH = 60
MOST_BITS_OF_A_DEEP_LEAF = 62  # one per column and per categorical question
BITS_OF_A_FACTOR = 6  # a deep leaf's table of factors has 2 ** 6 cases at each point, unless one feature has more
MOST_BITS_OF_A_FACTOR = 16
FEWEST_TREES_A_THREAD = 20
MOST_LEAVES_OF_A_GROUP = 62  # a set of them is a 64-bit integer


@dataclass(frozen=True)
class Tables:
    """A forest made ready for adding up. Group g has questions, features and a table of cases x features.

    `first_question[g]` and so on are where the group's part of a list begins; one more stands at the end.
    A deep leaf's case has a bit per column it asks, 1 where its path is broken. In its cells follow each
    other: factor after factor, points x cases; features x points of what is kept; points of what is missed.
    """

    reading_feature: Ints  # the readings of columns that questions ask
    reading_kind: Ints  # NO_GAP ... CATEGORY
    reading_way: Ints  # GAP_SAYS_NO ...
    reading_codes: Ints
    category_answers: NDArray[np.uint8]
    first_question: Ints
    first_feature: Ints
    first_cell: Ints
    first_case: NDArray[np.uint64]  # the case of a row that answers no to everything
    cases: Ints  # of the group; 0 marks a deep leaf
    question_reading: Ints
    question_threshold: Floats
    question_answers: Ints  # see Forest.answers
    question_weight: NDArray[np.uint64]  # what a yes adds to the case, modulo 2 ** 64
    feature: Ints
    feature_bits: NDArray[np.uint64]  # of a deep leaf's case: any is 1 if the feature is missed
    feature_factor: Ints  # of a deep leaf: features with the same number are in one factor
    cells: Floats  # of a table, all cases of its first feature come first


def lay_tables(
    forest: Forest,
    rows: int = 10_000,
    most_cases: int = MOST_CASES,
    most_cells: int = MOST_CELLS,
    most_features: int = MOST_FEATURES_ON_A_PATH,
) -> Tables:
    """Group the leaves of every tree and fill the groups' tables.

    Tables are the larger the more `rows` they are expected to explain. `most_cases` is halved until all
    tables together have at most `most_cells` cells.
    Raises NotPlainTrees if some path asks about more than `most_features` features.
    """
    trees = (forest.first_node, forest.first_leaf)
    above_node, above_leaf = np.full(len(forest.left), -1), np.full(len(forest.leaf_value), -1)
    leaf_order = np.empty(len(above_leaf), dtype=np.int64)
    steps, deepest = _climb(*trees, forest.left, forest.right, above_node, above_leaf, leaf_order)
    nodes = (
        *(above_node, above_leaf, leaf_order, forest.column, forest.threshold, forest.answers),
        *(forest.column_feature[forest.column], forest.gap_goes_left, forest.column_kind[forest.column], deepest),
    )
    shares = (forest.left_share, forest.right_share, forest.leaf_value)
    cost_of_cell = COST_OF_CELL + COST_OF_FILLING_A_CELL / max(1, rows)
    parts = min(os.cpu_count() or 1, max(1, forest.tree_count // FEWEST_TREES_A_THREAD))
    cuts = [forest.tree_count * part // parts for part in range(parts + 1)]

    def cut(first_tree: int, end: int) -> tuple[Ints, int, int]:
        first_leaf = forest.first_leaf[first_tree : end + 1]
        groups = np.zeros((first_leaf[-1] - first_leaf[0] + 1, 3), dtype=np.int64)  # first leaf, cases, first cell
        count, features, bits = _cut_into_groups(first_leaf, *nodes, most_cases, cost_of_cell, groups)
        return groups[: count + 1], features, bits

    def fill(groups: Ints) -> tuple[Ints, Ints, Floats, Ints]:
        first = np.zeros((len(groups), 3), dtype=np.int64)  # question, feature, case
        questions = np.zeros((2 * steps, 3), dtype=np.int64)  # reading, answers, weight
        thresholds, features = np.zeros(2 * steps), np.zeros((steps, 3), dtype=np.int64)  # feature, bits, factor
        written = (first, questions, thresholds, features, cells)
        _fill(*nodes, *shares, groups, *points, *written)
        question_count, feature_count, _ = first[-1]
        return first, questions[:question_count], thresholds[:question_count], features[:feature_count]

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
    questions = np.concatenate([part[1] for part in filled])
    thresholds = np.concatenate([part[2] for part in filled])
    features = np.concatenate([part[3] for part in filled])
    readings, question_reading = np.unique(questions[:, 0], return_inverse=True)
    column = readings // 3
    return Tables(
        reading_feature=forest.column_feature[column],
        reading_kind=forest.column_kind[column],
        reading_way=readings % 3,
        reading_codes=forest.column_codes[column],
        category_answers=forest.category_answers,
        first_question=first[:, 0].copy(),
        first_feature=first[:, 1].copy(),
        first_cell=group[:, 2].copy(),
        first_case=first[:-1, 2].astype(np.uint64),
        cases=group[:-1, 1].copy(),
        question_reading=question_reading.astype(np.int64),
        question_threshold=thresholds,
        question_answers=questions[:, 1].copy(),
        question_weight=questions[:, 2].astype(np.uint64),
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


@nb.njit(nogil=True, cache=True, error_model="numpy")
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
# What paths demand: columns of `demands`. GAP is 1 if a gap breaks the path.
LEAF, QUESTION, SIDE, GAP = range(4)


@nb.njit(nogil=True, cache=True, error_model="numpy")
def _add_leaf(
    leaf, nth, counts, asked, demands, about,
    above_node, above_leaf, column, threshold, answers, feature_of, gap_goes_left,
):  # fmt: skip
    """Add a leaf, the nth of its run, to the run's questions, demands and features; `counts` are their lengths.

    A threshold that a path passes on the same side as a tighter one below it is left out.
    """
    first_demand = counts[1]
    above = above_leaf[leaf]
    while above >= 0:
        node, side = above >> 1, above & 1
        above = above_node[node]
        gap_breaks = gap_goes_left[node] == (side == 1)
        known = False
        for f in range(counts[2]):
            known |= about[f] == feature_of[node]
        if not known:
            about[counts[2]] = feature_of[node]
            counts[2] += 1
        loose = False
        if answers[node] < 0:
            for b in range(first_demand, counts[1]):
                below = asked[demands[b, QUESTION], NODE]
                if column[below] == column[node] and demands[b, SIDE] == side:
                    # Almost always the node below is the tighter one; a split of gaps from all else is not.
                    tighter = threshold[below] - threshold[node] if side else threshold[node] - threshold[below]
                    if tighter >= 0:
                        loose = True
                        demands[b, GAP] |= gap_breaks
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
        b = counts[1]
        demands[b, LEAF], demands[b, QUESTION], demands[b, SIDE], demands[b, GAP] = nth, this, side, gap_breaks
        counts[1] += 1


@nb.njit(nogil=True, cache=True, error_model="numpy")
def _count_cases(counts, asked, demands, kind_of, most_cases, class_of, broken, class_count):
    """The number of cases a run has; more than `most_cases` means that counting stopped there.

    Digit by digit, numbers of yeses that break the same paths are one class: `class_of[digit, yeses]`, of
    `class_count[digit]`, and `broken[digit, class]` is the set of leaves whose paths it breaks. The class of a
    gap follows that of all yeses.
    """
    cases = 1
    for digit in range(counts[0]):
        if asked[digit, DIGIT] != digit:
            continue
        of, classes = asked[digit, OF], 0
        kind = kind_of[asked[digit, NODE]]
        may_be_gap = kind in (NAN_IS_GAP, ZERO_IS_GAP)
        for yeses in range(of + 1 + may_be_gap):
            breaks = 0
            for b in range(counts[1]):
                q = demands[b, QUESTION]
                if asked[q, DIGIT] == digit:
                    if yeses > of:
                        missed = demands[b, GAP] == 1
                    else:
                        missed = (yeses >= of - asked[q, RANK]) == (demands[b, SIDE] == 1)
                    if missed:
                        breaks |= 1 << demands[b, LEAF]
            this = 0
            while this < classes and broken[digit, this] != breaks:
                this += 1
            broken[digit, this] = breaks
            classes = max(classes, this + 1)
            class_of[digit, yeses] = this
        if not may_be_gap:
            class_of[digit, of + 1] = class_of[digit, 0]
        class_count[digit] = classes
        cases *= classes
        if cases > most_cases:
            break
    return cases


@nb.njit(nogil=True, cache=True, error_model="numpy")
def _lay_out_deep_leaf(counts, asked, about, feature_of, bit_of, layout, size):
    """Give each digit of a leaf a bit, and each feature a factor: those of a factor have neighbouring bits.

    Writes `bit_of[digit]`, and as `layout` each feature's bits and factor. Returns the number of factors, of
    bits (more than MOST_BITS_OF_A_DEEP_LEAF if it cannot be done), and of cells.
    """
    factor, bits, in_factor, cases = 0, 0, 0, 0
    for f in range(counts[2]):
        own = 0
        for digit in range(counts[0]):
            own += asked[digit, DIGIT] == digit and feature_of[asked[digit, NODE]] == about[f]
        if own > MOST_BITS_OF_A_FACTOR or bits + own > MOST_BITS_OF_A_DEEP_LEAF:
            return 0, MOST_BITS_OF_A_DEEP_LEAF + 1, 0
        if in_factor > 0 and in_factor + own > BITS_OF_A_FACTOR:
            cases += 1 << in_factor
            factor, in_factor = factor + 1, 0
        in_factor += own
        size[factor] = in_factor
        layout[f, 0], layout[f, 1] = 0, factor
        for digit in range(counts[0]):
            if asked[digit, DIGIT] == digit and feature_of[asked[digit, NODE]] == about[f]:
                bit_of[digit] = bits
                layout[f, 0] |= 1 << bits
                bits += 1
    cases += 1 << in_factor
    points = (counts[2] + 1) // 2
    return factor + 1, bits, points * (cases + counts[2] + 1)


@nb.njit(nogil=True, cache=True, error_model="numpy")
def _cut_into_groups(
    first_leaf, above_node, above_leaf, leaf_order, column, threshold, answers, feature_of, gap_goes_left, kind_of,
    deepest, most_cases, cost_of_cell, groups,
):  # fmt: skip
    """Cut each tree's leaves into the cheapest runs.

    Returns their number, the most features of a leaf, and the most bits of a deep leaf.
    """
    room = MOST_LEAVES_OF_A_GROUP * deepest
    asked, demands = np.empty((room, 4), np.int64), np.empty((room, 4), np.int64)
    about, counts = np.empty(room, np.int64), np.zeros(3, np.int64)
    most_yeses = deepest + MOST_LEAVES_OF_A_GROUP + 4
    class_of, broken = np.empty((room, most_yeses), np.int64), np.empty((room, most_yeses), np.int64)
    class_count, bit_of = np.empty(room, np.int64), np.empty(room, np.int64)
    layout, size = np.empty((room, 2), np.int64), np.empty(room, np.int64)
    count, most_on_a_path, most_bits = 0, 0, 0
    for tree in range(len(first_leaf) - 1):
        l0 = first_leaf[tree]
        leaves = first_leaf[tree + 1] - l0
        cheapest = np.full(leaves + 1, np.inf)
        cheapest[0] = 0.0
        begin, case_count = np.zeros(leaves + 1, np.int64), np.zeros(leaves + 1, np.int64)
        cell_count = np.zeros(leaves + 1, np.int64)
        for i in range(leaves):
            counts[0], counts[1], counts[2] = 0, 0, 0
            for j in range(i, min(leaves, i + MOST_LEAVES_OF_A_GROUP)):
                _add_leaf(
                    leaf_order[l0 + j], j - i, counts, asked, demands, about,
                    above_node, above_leaf, column, threshold, answers, feature_of, gap_goes_left,
                )  # fmt: skip
                cases = _count_cases(counts, asked, demands, kind_of, most_cases, class_of, broken, class_count)
                n = counts[2]
                cells = cases * n
                work = COST_OF_QUESTION * counts[0] + COST_OF_ADDITION * n
                cost = work + cost_of_cell * cells
                if i == j:
                    most_on_a_path = max(most_on_a_path, n)
                    points = (n + 1) // 2
                    deep = work + points * (COST_OF_DEEP_POINT + n * COST_OF_DEEP_STEP)
                    if cases > most_cases or deep < cost:
                        _, bits, cells = _lay_out_deep_leaf(counts, asked, about, feature_of, bit_of, layout, size)
                        most_bits = max(most_bits, bits)
                        cost, cases = deep, 0
                elif cases > most_cases or cost > 6 * work:
                    break  # two tables would be cheaper
                if cheapest[i] + cost < cheapest[j + 1]:
                    cheapest[j + 1] = cheapest[i] + cost
                    begin[j + 1], case_count[j + 1], cell_count[j + 1] = i, cases, cells
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
    return count, most_on_a_path, most_bits


@nb.njit(nogil=True, cache=True, error_model="numpy")
def _fill(
    above_node, above_leaf, leaf_order, column, threshold, answers, feature_of, gap_goes_left, kind_of,
    deepest, left_share, right_share, leaf_value, groups, points, weights,
    first, questions, thresholds, features, cells,
):  # fmt: skip
    """Write each group's questions and features, and its table of what its leaves give in each case."""
    room = MOST_LEAVES_OF_A_GROUP * deepest
    asked, demands = np.empty((room, 4), np.int64), np.empty((room, 4), np.int64)
    about, counts = np.empty(room, np.int64), np.zeros(3, np.int64)
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
            _add_leaf(
                leaf_order[first_leaf + nth], nth, counts, asked, demands, about,
                above_node, above_leaf, column, threshold, answers, feature_of, gap_goes_left,
            )  # fmt: skip
        n_features = counts[2]
        _count_cases(counts, asked, demands, kind_of, all_cases, class_of, broken, class_count)
        if cases == 0:
            factors, _, _ = _lay_out_deep_leaf(counts, asked, about, feature_of, bit_of, layout, size)
        # A question adds to the case what its digit's class changes by where its answer changes.
        weight, first_case = n_features, 0
        for digit in range(counts[0]):
            if asked[digit, DIGIT] != digit:
                continue
            of = asked[digit, OF]
            if cases == 0:
                weight = 1 << bit_of[digit]
                for yeses in range(of + 2):
                    class_of[digit, yeses] = broken[digit, class_of[digit, yeses]]
                first_case += weight * class_of[digit, 0]
            gap, no, yes = class_of[digit, of + 1], class_of[digit, 0], class_of[digit, of]
            for q in range(digit, counts[0]):
                if asked[q, DIGIT] != digit:
                    continue
                yeses = of - asked[q, RANK]  # from here on q is answered yes
                step = class_of[digit, yeses] - class_of[digit, yeses - 1]
                if step != 0:
                    node = asked[q, NODE]
                    way = GAP_SAYS_YES if gap == yes and gap != no else GAP_SAYS_NO
                    questions[q_end, 0], questions[q_end, 1] = 3 * column[node] + way, answers[node]
                    questions[q_end, 2], thresholds[q_end] = step * weight, threshold[node]
                    q_end += 1
            if gap != no and gap != yes:
                questions[q_end, 0] = 3 * column[asked[digit, NODE]] + GAP_ALONE_SAYS_YES
                questions[q_end, 1], questions[q_end, 2], thresholds[q_end] = -1, (gap - no) * weight, 0.0
                q_end += 1
            weight *= class_count[digit]
        for f in range(n_features):
            features[f_end + f, 0] = about[f]
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
                leaf, n_features, about, which, cover, on_path, above_node, above_leaf, feature_of,
                left_share, right_share,
            )  # fmt: skip
            if cases == 0:
                _fill_deep_leaf(leaf_value[leaf], n_features, factors, layout, size, cover, points, weights, table)
                continue
            # For each case, the set of path features some of whose branches the row misses.
            missed[0] = 0
            filled = 1
            for digit in range(counts[0]):
                if asked[digit, DIGIT] != digit:
                    continue
                f = 0
                while about[f] != feature_of[asked[digit, NODE]]:
                    f += 1
                for c in range(class_count[digit] - 1, -1, -1):
                    wrong = 1 << on_path[f] if (broken[digit, c] >> nth) & 1 else 0
                    for x in range(filled):
                        missed[c * filled + x] = missed[x] | wrong
                filled *= class_count[digit]
            _add_what_a_leaf_gives(leaf_value[leaf], n_features, d, which, cover, missed, points, weights, table)


@nb.njit(nogil=True, cache=True, error_model="numpy")
def _path(
    leaf, n_features, about, which, cover, on_path, above_node, above_leaf, feature_of, left_share, right_share
):  # fmt: skip
    """A leaf's path: how many features, `which` of the group's, with their covers; `on_path` finds them."""
    d = 0
    for f in range(n_features):
        on_path[f] = -1
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


@nb.njit(nogil=True, cache=True, error_model="numpy")
def _add_what_a_leaf_gives(leaf_value, n_features, d, which, cover, missed, points, weights, table):
    """Add to the table what one leaf gives in each case, `missed` being the case's set of missed features."""
    count, sets, cases = (d + 1) // 2, 1 << d, len(missed)
    product, if_missed, given = np.empty((count, sets)), np.zeros(sets), np.empty(sets)
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
            given[x] = 0.0
        for k in range(count):
            t = points[count, k]
            kept = (1 - cover[i]) / (t + (1 - t) * cover[i])
            for x in range(sets):
                given[x] += product[k, x] * kept
        for x in range(sets):
            given[x] = if_missed[x] if (x >> i) & 1 else given[x]
        for case in range(cases):
            table[case * n_features + which[i]] += given[missed[case]]


@nb.njit(nogil=True, cache=True, error_model="numpy")
def _fill_deep_leaf(leaf_value, d, factors, layout, size, cover, points, weights, cells):
    """Write a deep leaf's factors, then what each point gives kept features, then missed ones."""
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
