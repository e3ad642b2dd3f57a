"""What is counted over all cases and firms: how far they have come, and how long each stage takes.

    way          how many firms have come to each step of the way to the market
    stage_times  how long cases stay in each stage

Both read the rooms' tables and change nothing.
"""
