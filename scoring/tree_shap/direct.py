"""SHAP values of a few rows directly from the trees, without lookup tables.

Used for a model's first rows. The other code path (leaf_groups.py, tables.py, lookup.py) is many times faster a row,
but has to build its tables first; this one is ready in milliseconds, and its one function is compiled in about a
second.

The formula is that of tables.py, evaluated by traversing the tree: going down, each node passes its children the
product G_k of the factors on the path, one number per quadrature point; where the path has split on the feature
before, the earlier factor is divided out. Coming up, the products of the leaves below are summed, and each branch
adds to its feature what those leaves contribute, less what its earlier branch has contributed already.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from scoring.tree_shap.forest import (
    ALMOST_ZERO,
    CATEGORY,
    FIRST_TOO_LARGE_CODE,
    NO_MISSING,
    ZERO_IS_MISSING,
    Bytes,
    Floats,
    Forest,
    Ints,
    NotPlainTrees,
)
from scoring.tree_shap.jit import BYTES, CUBE, FLOATS, INT, INT_TABLE, ROWS, TABLE, called_from_python

POINTS_AT_ONCE = 4  # every tree takes a multiple of so many points, which the processor handles side by side

# A row of DirectForest.trees: the tree's first node, its number of quadrature points, its first reciprocal.
FIRST_NODE, POINTS, FIRST_RECIPROCAL = range(3)
# A row of DirectForest.nodes. A child is a node of the same tree, or a leaf counted on from the tree's last node. A
# tree's branches are counted from 1: two a node, the left one first. EARLIER is the nearest one above that splits on
# the same feature; 0, if there is none, is a branch that every row takes and that has no effect.
LEFT, RIGHT, FEATURE, KIND, MISSING_LEFT, ANSWERS, CODES, EARLIER = range(8)
# A row of DirectForest.numbers. A cover is that of the node's feature from the root to the end of the branch; a value
# is the leaf's, or 1 where the child is a node. Where there is no earlier branch its cover is 1.
THRESHOLD, LEFT_SHARE, RIGHT_SHARE, LEFT_COVER, RIGHT_COVER, LEFT_VALUE, RIGHT_VALUE, EARLIER_COVER = range(8)
# A row of DirectForest.points[count]: t_k, 1 - t_k, the weight, 1 / (1 - t_k).
T, REST, WEIGHT, OF_MISSED = range(4)


@dataclass(frozen=True)
class DirectForest:
    """A forest as arrays for direct traversal: a row a tree (and one more), a row a node."""

    trees: Ints
    nodes: Ints
    numbers: Floats
    reciprocals: Floats  # of t_k + (1 - t_k) cover: in each tree a row of ones for branch 0, and a row a branch
    points: Floats
    category_answers: NDArray[np.uint8]
    room: int  # numbers of scratch the largest tree needs

    @property
    def steps(self) -> int:
        """What a row costs: quadrature points of all nodes."""
        return int(np.sum(np.diff(self.trees[:, FIRST_NODE]) * self.trees[:-1, POINTS]))


def build_direct(forest: Forest, most_features: int) -> DirectForest:
    """Find each node's earlier split on its feature, and the covers; all trees at a time.

    Raises NotPlainTrees if some path splits on more than `most_features` features.
    """
    node_counts = np.diff(forest.first_node)
    tree_of = np.repeat(np.arange(forest.tree_count), node_counts)
    first = forest.first_node[tree_of]
    child = np.stack([forest.left, forest.right], axis=1)
    is_node = child >= 0
    if np.any(is_node & (child <= (np.arange(len(first)) - first)[:, None])):
        raise NotPlainTrees("a node comes before its parent")
    feature = forest.column_feature[forest.column]
    above = np.full(len(first), -1)
    node, side = np.nonzero(is_node)
    above[first[node] + child[node, side]] = 2 * node + side
    earlier, depth = _earlier_branches(above, feature)
    share = np.stack([forest.left_share, forest.right_share], axis=1)
    cover, features_on_path = _covers(share, above, earlier, depth)
    earlier_cover = np.where(earlier >= 0, cover.ravel()[earlier], 1.0)

    most = np.maximum.reduceat(features_on_path, forest.first_node[:-1]) if len(features_on_path) else features_on_path
    if most.max(initial=0) > most_features:
        raise NotPlainTrees(f"{most.max()} features on a path")
    count_of = POINTS_AT_ONCE * -(-most // (2 * POINTS_AT_ONCE))
    first_reciprocal = np.concatenate([[0], np.cumsum(count_of * (2 * node_counts + 1))])
    largest = int(count_of.max(initial=1))
    points, reciprocals = np.zeros((largest + 1, 4, largest)), np.ones(first_reciprocal[-1])
    for count in np.unique(count_of):
        x, weight = np.polynomial.legendre.leggauss(count)
        t = (x + 1) / 2
        points[count, :, :count] = t, 1 - t, weight / 2, 1 / (1 - t)
        nodes = np.nonzero(count_of[tree_of] == count)[0]
        branch = 2 * (nodes - first[nodes])[:, None] + [0, 1]
        place = first_reciprocal[tree_of[nodes], None] + (1 + branch) * count
        reciprocals[place[:, :, None] + np.arange(count)] = 1 / (t + (1 - t) * cover[nodes, :, None])

    leaf = np.where(is_node, 0, forest.first_leaf[tree_of, None] + ~child)
    value = np.where(is_node, 1.0, forest.leaf_value[leaf]) if len(first) else share
    place = np.where(is_node, child, node_counts[tree_of, None] + ~child)
    local_earlier = np.where(earlier >= 0, earlier - 2 * first + 1, 0)
    column = forest.column
    return DirectForest(
        trees=np.stack([forest.first_node, np.append(count_of, 0), first_reciprocal], axis=1),
        nodes=np.column_stack(
            [
                *(place, feature, forest.column_kind[column], forest.missing_goes_left, forest.answers),
                *(forest.column_codes[column], local_earlier),
            ]
        ),
        numbers=np.column_stack([forest.threshold, share, cover, value, earlier_cover]),
        reciprocals=reciprocals,
        points=points,
        category_answers=forest.category_answers,
        room=int(np.max((2 * node_counts + 1) * count_of, initial=1)),
    )


def _earlier_branches(above: Ints, feature: Ints) -> tuple[Ints, Ints]:
    """Each node's nearest branch above that splits on the same feature, -1 if none; and its depth."""
    earlier, depth, at = np.full(len(above), -1), np.zeros(len(above), dtype=np.int64), above.copy()
    climbing = np.nonzero(at >= 0)[0]
    while len(climbing):
        depth[climbing] += 1
        branch = at[climbing]
        same_feature = (earlier[climbing] < 0) & (feature[branch >> 1] == feature[climbing])
        earlier[climbing[same_feature]] = branch[same_feature]
        at[climbing] = above[branch >> 1]
        climbing = climbing[at[climbing] >= 0]
    return earlier, depth


def _covers(share: Floats, above: Ints, earlier: Ints, depth: Ints) -> tuple[Floats, Ints]:
    """Covers of each node's two branches, and the number of features on its path, its own included."""
    cover, features_on_path = share.copy(), np.ones(len(above), dtype=np.int64)
    by_depth, ends = np.argsort(depth, kind="stable"), np.cumsum(np.bincount(depth))
    for low, high in pairwise(ends):  # from the roots down
        nodes = by_depth[low:high]
        again = nodes[earlier[nodes] >= 0]
        cover[again] *= cover.ravel()[earlier[again], None]
        features_on_path[nodes] = features_on_path[above[nodes] >> 1] + (earlier[nodes] < 0)
    return cover, features_on_path


@called_from_python(
    *(ROWS, INT, INT, TABLE, INT, INT_TABLE, INT_TABLE, TABLE, FLOATS, CUBE, BYTES, INT),
    fastmath={"contract"},
)
def add_reasons_of_few(
    rows: Floats,
    start: int,
    stop: int,
    reasons: Floats,
    place: int,
    trees: Ints,
    nodes: Ints,
    numbers: Floats,
    reciprocals: Floats,
    points: Floats,
    category_answers: Bytes,
    room: int,
) -> None:
    """Add those of rows[start:stop] (rows x features) to `reasons` (features x rows), `place` columns further on.

    Written for speed: no views of rows (each is reference-counted), unsigned indices (a signed one may count
    from the end), selects instead of branches (of which every second is mispredicted).
    """
    product, taken = np.empty(room), np.empty(room)
    one, together = np.uint64(1), np.uint64(POINTS_AT_ONCE)
    for tree in range(len(trees) - 1):
        n0, count = np.uint64(trees[tree, FIRST_NODE]), np.uint64(trees[tree, POINTS])
        ones, node_count = np.uint64(trees[tree, FIRST_RECIPROCAL]), np.uint64(trees[tree + 1, FIRST_NODE]) - n0
        for r in range(start, stop):
            for k in range(count):
                product[k] = points[count, WEIGHT, k]
            taken[0] = 1.0
            for i in range(node_count):
                n = n0 + i
                value, kind = rows[r, nodes[n, FEATURE]], nodes[n, KIND]
                if kind == CATEGORY:
                    known = value > -1.0 and value < FIRST_TOO_LARGE_CODE and value < nodes[n, CODES]
                    left = category_answers[nodes[n, ANSWERS] + (np.int64(value) if known else nodes[n, CODES])] != 0
                else:
                    value = 0.0 if abs(value) <= ALMOST_ZERO else value
                    nan = value != value
                    missing = (nan & (kind != NO_MISSING)) | ((kind == ZERO_IS_MISSING) & (value == 0.0))
                    at_most = (0.0 if nan else value) <= numbers[n, THRESHOLD]
                    left = (missing & (nodes[n, MISSING_LEFT] != 0)) | ((not missing) & at_most)
                earlier = np.uint64(nodes[n, EARLIER])
                before = taken[earlier]
                on_way = before != 0.0
                in_left = before if left else 0.0
                in_right = before - in_left
                taken[2 * i + one], taken[2 * i + one + one] = in_left, in_right
                # The factor of a kept feature is t + (1 - t) cover, of a missed one (1 - t) cover. It takes the
                # place of the earlier one; if that was missed already, the quotient is the node's own share.
                left_share, right_share = numbers[n, LEFT_SHARE], numbers[n, RIGHT_SHARE]
                left_cover, right_cover = numbers[n, LEFT_COVER], numbers[n, RIGHT_COVER]
                left_t = (in_left if on_way else left_share) * numbers[n, LEFT_VALUE]
                left_rest = (left_cover if on_way else left_share) * numbers[n, LEFT_VALUE]
                right_t = (in_right if on_way else right_share) * numbers[n, RIGHT_VALUE]
                right_rest = (right_cover if on_way else right_share) * numbers[n, RIGHT_VALUE]
                divisor = ones + earlier * count if on_way else ones
                here = i * count
                to_left, to_right = np.uint64(nodes[n, LEFT]) * count, np.uint64(nodes[n, RIGHT]) * count
                for k in range(np.uint64(0), count, together):
                    for j in range(POINTS_AT_ONCE):
                        p = k + np.uint64(j)
                        t, rest = points[count, T, p], points[count, REST, p]
                        others = product[here + p] * reciprocals[divisor + p]
                        product[to_left + p] = others * (left_t * t + left_rest * rest)
                        product[to_right + p] = others * (right_t * t + right_rest * rest)
            for from_last in range(node_count):
                at = node_count - one - from_last
                n = n0 + at
                # A kept feature gets G_k (1 - cover) / (t + (1 - t) cover), a missed one - G_k / (1 - t).
                earlier = np.uint64(nodes[n, EARLIER])
                before, in_left, in_right = taken[earlier], taken[2 * at + one], taken[2 * at + one + one]
                kept_before = before * (1 - numbers[n, EARLIER_COVER])
                kept_left, missed_left = in_left * (1 - numbers[n, LEFT_COVER]), in_left - before
                kept_right, missed_right = in_right * (1 - numbers[n, RIGHT_COVER]), in_right - before
                divisor, left_divisor = ones + earlier * count, ones + (2 * at + one) * count
                right_divisor = left_divisor + count
                here = at * count
                to_left, to_right = np.uint64(nodes[n, LEFT]) * count, np.uint64(nodes[n, RIGHT]) * count
                contribution = 0.0
                for k in range(np.uint64(0), count, together):
                    for j in range(POINTS_AT_ONCE):
                        p = k + np.uint64(j)
                        of_left, of_right, missed = (
                            product[to_left + p],
                            product[to_right + p],
                            points[count, OF_MISSED, p],
                        )
                        both = of_left + of_right
                        contribution += (
                            of_left * (kept_left * reciprocals[left_divisor + p] + missed_left * missed)
                            + of_right * (kept_right * reciprocals[right_divisor + p] + missed_right * missed)
                            - both * kept_before * reciprocals[divisor + p]
                        )
                        product[here + p] = both
                reasons[nodes[n, FEATURE], place + r] += contribution
