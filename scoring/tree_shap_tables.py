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
by side share most of their nodes, so they are put in groups whose joint answers number at most a
thousand or two: of m thresholds on one column a row can only be below some and above the rest, which is
m + 1 cases (a digit); a group's digits together make the row's case number. For each case the table
holds the sum of what the group's leaves give to each of the group's features. Explaining a row is then,
for each group: its case number, and one addition per feature.

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
COST_OF_QUESTION = 0.15
COST_OF_ADDITION = 0.5
COST_OF_CELL = 0.0004  # of fetching eight bytes of table once per block of rows
COST_OF_DEEP_STEP = 0.4  # one feature of a deep leaf at one quadrature point

MOST_CASES = 2048  # of a group
MOST_CELLS = 1 << 25  # of all tables together: 256 MiB
MOST_FEATURES_ON_A_PATH = 64  # K = 32 points; LightGBM explains what is deeper


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
    question_weight: NDArray[np.uint64]  # what a yes adds to the case; deep leaf: 1 if yes keeps the path, else 0
    question_feature: Ints  # which of the group's features the question is about
    feature: Ints
    cover: Floats  # of the feature on the way to a deep leaf
    cells: Floats  # of a group, all cases of its first feature come first


def lay_tables(forest: Forest, most_cases: int = MOST_CASES, most_cells: int = MOST_CELLS) -> Tables:
    """Group the leaves of every tree and fill the groups' tables.

    `most_cases` is halved until all tables together have at most `most_cells` cells.
    Raises NotPlainTrees if some path asks about more than MOST_FEATURES_ON_A_PATH features.
    """
    trees = (forest.first_node, forest.first_leaf)
    above_node, above_leaf = np.full(len(forest.left), -1), np.full(len(forest.leaf_value), -1)
    leaf_order = np.empty(len(above_leaf), dtype=np.int64)
    steps = int(_climb(*trees, forest.left, forest.right, above_node, above_leaf, leaf_order))
    paths = (above_node, above_leaf, leaf_order)
    feature_of = forest.column_feature[forest.column]
    node_questions = (forest.column, forest.threshold, forest.answers, feature_of)
    shares = (forest.left_share, forest.right_share)
    while True:
        bounds = np.zeros((len(above_leaf) + 1, 5), dtype=np.int64)  # question, feature, cell, leaf, cases
        questions = np.zeros((steps, 4), dtype=np.int64)  # column, answers, weight, which feature
        thresholds, cover = np.zeros(steps), np.zeros(steps)
        features = np.zeros(steps, dtype=np.int64)
        groups = int(
            _plan(*trees, *paths, *node_questions, *shares, most_cases, bounds, questions, thresholds, features, cover)
        )
        if groups < 0:
            raise NotPlainTrees(f"more than {MOST_FEATURES_ON_A_PATH} features on a path")
        if bounds[groups, 2] <= most_cells or most_cases <= 2:
            break
        most_cases //= 2
    bounds = bounds[: groups + 1].copy()
    question_count, feature_count, cell_count = bounds[-1, :3]
    cells = np.zeros(cell_count)
    points, weights = quadrature(MOST_FEATURES_ON_A_PATH)
    _fill(
        *paths, *node_questions, *shares, forest.leaf_value, bounds, questions, thresholds, features,
        points, weights, cells,
    )  # fmt: skip
    first_leaf_value = forest.leaf_value[leaf_order[np.minimum(bounds[:-1, 3], len(leaf_order) - 1)]]
    return Tables(
        first_question=bounds[:, 0].copy(),
        first_feature=bounds[:, 1].copy(),
        first_cell=bounds[:, 2].copy(),
        cases=bounds[:, 4].copy(),
        deep_value=first_leaf_value,
        question_column=questions[:question_count, 0].copy(),
        question_threshold=thresholds[:question_count].copy(),
        question_answers=questions[:question_count, 1].copy(),
        question_weight=questions[:question_count, 2].astype(np.uint64),
        question_feature=questions[:question_count, 3].copy(),
        feature=features[:feature_count].copy(),
        cover=cover[:feature_count].copy(),
        cells=cells,
    )


@cache
def quadrature(most_features: int) -> tuple[Floats, Floats]:
    """Gauss-Legendre points and weights on (0, 1); row K holds the K points exact up to 2 K features."""
    most = (most_features + 1) // 2
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
    Returns the length of all paths together.
    """
    steps = 0
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
            while above >= 0:
                leaves_below[(above >> 1) - n0] += 1
                steps += 1
                above = above_node[above >> 1]
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
    return steps


@nb.njit(nogil=True, cache=True)
def _plan(
    first_node, first_leaf, above_node, above_leaf, leaf_order, column, threshold, answers, feature_of,
    left_share, right_share, most_cases, bounds, questions, thresholds, features, cover,
):  # fmt: skip
    """Cut each tree's leaves into the cheapest runs and write each run's questions and features.

    Returns the number of groups, or -1 if a path has too many features.
    """
    groups, q_end, f_end, cell_end = 0, 0, 0, 0
    asked = np.empty(len(column) + 1, np.int64)
    about = np.empty(len(column) + 1, np.int64)
    for tree in range(len(first_node) - 1):
        l0 = first_leaf[tree]
        leaves = first_leaf[tree + 1] - l0
        cheapest = np.full(leaves + 1, np.inf)
        cheapest[0] = 0.0
        begins = np.zeros(leaves + 1, np.int64)
        for i in range(leaves):
            n_asked, n_about, cases = 0, 0, 1
            for j in range(i, leaves):
                above = above_leaf[leaf_order[l0 + j]]
                while above >= 0:
                    node = above >> 1
                    above = above_node[node]
                    known, same_column = False, 0
                    for q in range(n_asked):
                        if column[asked[q]] == column[node]:
                            same_column += 1
                            if threshold[asked[q]] == threshold[node] and answers[asked[q]] == answers[node]:
                                known = True
                                break
                    if known:
                        continue
                    if cases <= most_cases:
                        if answers[node] >= 0:
                            cases *= 2
                        else:
                            cases = cases // (same_column + 1) * (same_column + 2)
                    asked[n_asked] = node
                    n_asked += 1
                    known = False
                    for f in range(n_about):
                        known |= about[f] == feature_of[node]
                    if not known:
                        about[n_about] = feature_of[node]
                        n_about += 1
                if cases > most_cases:
                    if i < j:
                        break
                    if n_about > MOST_FEATURES_ON_A_PATH:
                        return -1
                    cost = COST_OF_DEEP_STEP * n_about * ((n_about + 1) // 2)
                else:
                    cost = COST_OF_QUESTION * n_asked + COST_OF_ADDITION * n_about + COST_OF_CELL * cases * n_about
                if cheapest[i] + cost < cheapest[j + 1]:
                    cheapest[j + 1] = cheapest[i] + cost
                    begins[j + 1] = i
                if cases > most_cases:
                    break
        # The cuts, read from the last leaf back, turned round.
        cuts = np.empty(leaves + 1, np.int64)
        n_cuts, j = 0, leaves
        while j > 0:
            cuts[n_cuts] = j
            n_cuts += 1
            j = begins[j]
        for c in range(n_cuts - 1, -1, -1):
            i, j = begins[cuts[c]], cuts[c]
            q_start, f_start = q_end, f_end
            for leaf in leaf_order[l0 + i : l0 + j]:
                above = above_leaf[leaf]
                while above >= 0:
                    node, side = above >> 1, above & 1
                    above = above_node[node]
                    which = f_start
                    while which < f_end and features[which] != feature_of[node]:
                        which += 1
                    if which == f_end:
                        features[f_end] = feature_of[node]
                        cover[f_end] = 1.0
                        f_end += 1
                    cover[which] *= right_share[node] if side else left_share[node]
                    # Questions stand sorted by column, then threshold, then answers.
                    place = q_end
                    known = False
                    for q in range(q_start, q_end):
                        if questions[q, 0] == column[node]:
                            if thresholds[q] == threshold[node] and questions[q, 1] == answers[node]:
                                known = True
                                break
                            later = thresholds[q] > threshold[node] or (
                                thresholds[q] == threshold[node] and questions[q, 1] > answers[node]
                            )
                        else:
                            later = questions[q, 0] > column[node]
                        if later:
                            place = q
                            break
                    if known:
                        continue
                    for q in range(q_end, place, -1):
                        questions[q] = questions[q - 1]
                        thresholds[q] = thresholds[q - 1]
                    questions[place, 0], questions[place, 1] = column[node], answers[node]
                    questions[place, 2], questions[place, 3] = 1 - side, which - f_start
                    thresholds[place] = threshold[node]
                    q_end += 1
            cases = 1
            q = q_start
            while q < q_end:
                stop = q + 1
                while stop < q_end and questions[stop, 0] == questions[q, 0] and questions[q, 1] < 0:
                    stop += 1
                if cases <= most_cases:
                    cases *= stop - q + 1
                q = stop
            if cases > most_cases:
                cases = 0  # a deep leaf: a weight says whether yes keeps the path, as written above
            else:
                weight = 1
                q = q_start
                while q < q_end:
                    stop = q + 1
                    while stop < q_end and questions[stop, 0] == questions[q, 0] and questions[q, 1] < 0:
                        stop += 1
                    questions[q:stop, 2] = weight
                    weight *= stop - q + 1
                    q = stop
            cell_end += cases * (f_end - f_start)
            bounds[groups, 3], bounds[groups, 4] = l0 + i, cases
            groups += 1
            bounds[groups, 0], bounds[groups, 1], bounds[groups, 2] = q_end, f_end, cell_end
            bounds[groups, 3] = l0 + j
    return groups


@nb.njit(nogil=True, cache=True)
def _fill(
    above_node, above_leaf, leaf_order, column, threshold, answers, feature_of, left_share, right_share,
    leaf_value, bounds, questions, thresholds, features, points, weights, cells,
):  # fmt: skip
    """Add up in each group's table what its leaves give in each case."""
    for g in range(len(bounds) - 1):
        cases = bounds[g, 4]
        if cases == 0:
            continue
        q0, q1, f0, f1 = bounds[g, 0], bounds[g + 1, 0], bounds[g, 1], bounds[g + 1, 1]
        lowest, highest = np.empty(q1 - q0, np.int64), np.empty(q1 - q0, np.int64)
        on_path = np.empty(f1 - f0, np.int64)
        path_feature, cover = np.empty(f1 - f0, np.int64), np.empty(f1 - f0)
        missed = np.empty(cases, np.int64)
        for leaf in leaf_order[bounds[g, 3] : bounds[g + 1, 3]]:
            # The leaf's path: its features with their covers, and how many yeses each digit must show.
            lowest[:] = 0
            highest[:] = q1 - q0
            on_path[:] = -1
            d = 0
            above = above_leaf[leaf]
            while above >= 0:
                node, side = above >> 1, above & 1
                above = above_node[node]
                q = q0
                while (
                    questions[q, 0] != column[node]
                    or thresholds[q] != threshold[node]
                    or questions[q, 1] != answers[node]
                ):
                    q += 1
                which = questions[q, 3]
                if on_path[which] < 0:
                    on_path[which] = d
                    path_feature[d] = which
                    cover[d] = 1.0
                    d += 1
                cover[on_path[which]] *= right_share[node] if side else left_share[node]
                digit, last = q, q
                if answers[node] < 0:
                    while digit > q0 and questions[digit - 1, 0] == column[node]:
                        digit -= 1
                    while last + 1 < q1 and questions[last + 1, 0] == column[node]:
                        last += 1
                # With m thresholds, the one at rank r is answered yes if there are at least m - r yeses.
                needed = last + 1 - q
                if side == 0:
                    lowest[digit - q0] = max(lowest[digit - q0], needed)
                else:
                    highest[digit - q0] = min(highest[digit - q0], needed - 1)
            # For each case, the set of path features whose branches the row misses.
            missed[0] = 0
            size = 1
            q = q0
            while q < q1:
                stop = q + 1
                while stop < q1 and questions[stop, 0] == questions[q, 0] and questions[q, 1] < 0:
                    stop += 1
                bit = 1 << on_path[questions[q, 3]] if on_path[questions[q, 3]] >= 0 else 0
                for yeses in range(stop - q, -1, -1):
                    wrong = bit if yeses < lowest[q - q0] or yeses > highest[q - q0] else 0
                    for x in range(size):
                        missed[yeses * size + x] = missed[x] | wrong
                size *= stop - q + 1
                q = stop
            # For each path feature i, the integral over every set of other features missed.
            count = (d + 1) // 2
            half = 1 << (d - 1)
            product = np.empty((count, half))
            integral = np.empty(half)
            given = np.empty(2 * half)
            for i in range(d):
                for k in range(count):
                    t = points[count, k]
                    row = product[k]
                    row[0] = leaf_value[leaf] * weights[count, k]
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
                start = bounds[g, 2] + path_feature[i] * cases
                for p in range(cases):
                    cells[start + p] += given[missed[p]]
