"""Partition every tree's leaves into the groups that share a lookup table.

What a group is for, and the formula, are in tables.py.

Of m thresholds on one column a row is above some and below the rest, which is m + 1 outcomes (and one more for a
missing value, where that is told apart); outcomes that keep and break the same paths are one class; the classes of a
group's columns multiply to its cases. The partition is found tree by tree by dynamic programming over the leaves from
left to right: the cheapest runs, by the measured costs of testing a split, adding a number, and bringing a table into
the cache. A leaf that has too many cases alone is a group of its own, "deep".
"""

from __future__ import annotations

import numpy as np

from scoring.tree_shap.forest import NAN_IS_MISSING, ZERO_IS_MISSING, Bools, Floats, Ints
from scoring.tree_shap.jit import called_from_compiled_code, called_from_python

# Costs in nanoseconds a row, measured on one core of a 2.3 GHz Sapphire Rapids; only their ratios matter.
COST_OF_SPLIT = 0.2
COST_OF_ADDITION = 0.5
COST_OF_DEEP_POINT = 1.5  # of a deep leaf: one quadrature point,
COST_OF_DEEP_STEP = 0.15  # and one feature at one point
MOST_BITS_OF_A_DEEP_LEAF = 62  # one per column and per categorical split
BITS_OF_A_FACTOR = 6  # a deep leaf's table of factors has 2 ** 6 cases at each point, unless one feature has more
MOST_BITS_OF_A_FACTOR = 16
MOST_LEAVES_OF_A_GROUP = 62  # a set of them is a 64-bit integer


@called_from_python()
def paths_to_root(
    first_node: Ints, first_leaf: Ints, left: Ints, right: Ints, above_node: Ints, above_leaf: Ints, leaf_order: Ints
) -> tuple[int, int]:
    """Write each node's and leaf's parent, and each tree's leaves in order, smaller branches first.

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


# The distinct splits of a run of leaves: columns of `node_tests`. Splits on one numeric column are one digit, named
# after the first of them; with `of` thresholds 0 to `of` of its tests are yes, the highest threshold first.
NODE, DIGIT, RANK, OF = range(4)
# Which outcomes paths need: columns of `demands`. MISSING is 1 if a missing value breaks the path.
LEAF, SPLIT, SIDE, MISSING = range(4)


@called_from_compiled_code()
def add_leaf(
    leaf: int,
    nth: int,
    counts: Ints,
    node_tests: Ints,
    demands: Ints,
    run_features: Ints,
    above_node: Ints,
    above_leaf: Ints,
    column: Ints,
    threshold: Floats,
    answers: Ints,
    feature_of: Ints,
    missing_goes_left: Bools,
) -> None:
    """Add a leaf, the nth of its run, to the run's splits, demands and features; `counts` are their lengths.

    A threshold that a path passes on the same side as a tighter one below it is left out.
    """
    first_demand = counts[1]
    above = above_leaf[leaf]
    while above >= 0:
        node, side = above >> 1, above & 1
        above = above_node[node]
        missing_breaks = missing_goes_left[node] == (side == 1)
        known = False
        for f in range(counts[2]):
            known |= run_features[f] == feature_of[node]
        if not known:
            run_features[counts[2]] = feature_of[node]
            counts[2] += 1
        loose = False
        if answers[node] < 0:
            for b in range(first_demand, counts[1]):
                below = node_tests[demands[b, SPLIT], NODE]
                if column[below] == column[node] and demands[b, SIDE] == side:
                    # Almost always the node below is the tighter one; a split of missing values from all others is not.
                    tighter = threshold[below] - threshold[node] if side else threshold[node] - threshold[below]
                    if tighter >= 0:
                        loose = True
                        demands[b, MISSING] |= missing_breaks
        if loose:
            continue
        this = counts[0]
        digit, rank, of = this, 0, 1
        for q in range(counts[0]):
            other = node_tests[q, NODE]
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
                if node_tests[q, DIGIT] == digit:
                    node_tests[q, RANK] += threshold[node_tests[q, NODE]] > threshold[node]
                    node_tests[q, OF] = of
            node_tests[this, NODE], node_tests[this, DIGIT], node_tests[this, RANK], node_tests[this, OF] = (
                node,
                digit,
                rank,
                of,
            )
            counts[0] += 1
        b = counts[1]
        demands[b, LEAF], demands[b, SPLIT], demands[b, SIDE], demands[b, MISSING] = nth, this, side, missing_breaks
        counts[1] += 1


@called_from_compiled_code()
def count_cases(
    counts: Ints,
    node_tests: Ints,
    demands: Ints,
    kind_of: Ints,
    most_cases: int,
    class_of: Ints,
    broken: Ints,
    class_count: Ints,
) -> int:
    """The number of cases a run has; more than `most_cases` means that counting stopped there.

    Digit by digit, numbers of yeses that break the same paths are one class: `class_of[digit, yeses]`, of
    `class_count[digit]`, and `broken[digit, class]` is the set of leaves whose paths it breaks. The class of a
    missing value follows that of all yeses.
    """
    cases = 1
    for digit in range(counts[0]):
        if node_tests[digit, DIGIT] != digit:
            continue
        of, classes = node_tests[digit, OF], 0
        kind = kind_of[node_tests[digit, NODE]]
        may_be_missing = kind in (NAN_IS_MISSING, ZERO_IS_MISSING)
        for yeses in range(of + 1 + may_be_missing):
            breaks = 0
            for b in range(counts[1]):
                q = demands[b, SPLIT]
                if node_tests[q, DIGIT] == digit:
                    if yeses > of:
                        missed = demands[b, MISSING] == 1
                    else:
                        missed = (yeses >= of - node_tests[q, RANK]) == (demands[b, SIDE] == 1)
                    if missed:
                        breaks |= 1 << demands[b, LEAF]
            this = 0
            while this < classes and broken[digit, this] != breaks:
                this += 1
            broken[digit, this] = breaks
            classes = max(classes, this + 1)
            class_of[digit, yeses] = this
        if not may_be_missing:
            class_of[digit, of + 1] = class_of[digit, 0]
        class_count[digit] = classes
        cases *= classes
        if cases > most_cases:
            break
    return cases


@called_from_compiled_code()
def lay_out_deep_leaf(
    counts: Ints, node_tests: Ints, run_features: Ints, feature_of: Ints, bit_of: Ints, layout: Ints, size: Ints
) -> tuple[int, int, int]:
    """Give each digit of a leaf a bit, and each feature a factor: those of a factor have neighbouring bits.

    Writes `bit_of[digit]`, and as `layout` each feature's bits and factor. Returns the number of factors, of
    bits (more than MOST_BITS_OF_A_DEEP_LEAF if it cannot be done), and of cells.
    """
    factor, bits, in_factor, cases = 0, 0, 0, 0
    for f in range(counts[2]):
        own = 0
        for digit in range(counts[0]):
            own += node_tests[digit, DIGIT] == digit and feature_of[node_tests[digit, NODE]] == run_features[f]
        if own > MOST_BITS_OF_A_FACTOR or bits + own > MOST_BITS_OF_A_DEEP_LEAF:
            return 0, MOST_BITS_OF_A_DEEP_LEAF + 1, 0
        if in_factor > 0 and in_factor + own > BITS_OF_A_FACTOR:
            cases += 1 << in_factor
            factor, in_factor = factor + 1, 0
        in_factor += own
        size[factor] = in_factor
        layout[f, 0], layout[f, 1] = 0, factor
        for digit in range(counts[0]):
            if node_tests[digit, DIGIT] == digit and feature_of[node_tests[digit, NODE]] == run_features[f]:
                bit_of[digit] = bits
                layout[f, 0] |= 1 << bits
                bits += 1
    cases += 1 << in_factor
    points = (counts[2] + 1) // 2
    return factor + 1, bits, points * (cases + counts[2] + 1)


@called_from_python()
def cut_into_groups(
    first_leaf: Ints,
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
    most_cases: int,
    cost_of_cell: float,
    groups: Ints,
) -> tuple[int, int, int]:
    """Cut each tree's leaves into the cheapest runs.

    Returns their number, the most features of a leaf, and the most bits of a deep leaf.
    """
    room = MOST_LEAVES_OF_A_GROUP * deepest
    node_tests, demands = np.empty((room, 4), np.int64), np.empty((room, 4), np.int64)
    run_features, counts = np.empty(room, np.int64), np.zeros(3, np.int64)
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
                add_leaf(
                    leaf_order[l0 + j],
                    j - i,
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
                cases = count_cases(counts, node_tests, demands, kind_of, most_cases, class_of, broken, class_count)
                n = counts[2]
                cells = cases * n
                work = COST_OF_SPLIT * counts[0] + COST_OF_ADDITION * n
                cost = work + cost_of_cell * cells
                if i == j:
                    most_on_a_path = max(most_on_a_path, n)
                    points = (n + 1) // 2
                    deep = work + points * (COST_OF_DEEP_POINT + n * COST_OF_DEEP_STEP)
                    if cases > most_cases or deep < cost:
                        _, bits, cells = lay_out_deep_leaf(
                            counts, node_tests, run_features, feature_of, bit_of, layout, size
                        )
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
