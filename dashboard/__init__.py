"""The board: pages over what pipeline and scoring hold, for officers, enterprises and analysts."""
