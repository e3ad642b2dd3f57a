"""The tables of the plan around the pools, a file a topic: dated activities of firms (activities.py), leaders and
contacts of fast growers (growth.py), the choice of pacesetters (pacesetters.py), entered baselines of targets
(targets.py), agencies on their way to the negative list (agencies.py).

Rows are added, and withdrawn with a reason instead of deleted. Money is kept in fen, whole numbers.
"""
