"""Figures that follow from what returns state: a prior year out of stated growth, equity out of what a share earns.

    derivations.py ──► deriving.py ──► told.py

deriving.py: facts known on a day, and the same with what follows from them; told.py: one firm's, for people.

A derived figure stands only where nobody stated one, names its formula and the figures that it rests on, and is never
stored: it is as old as they are. Features read it; the rules of the boards never do.
"""
