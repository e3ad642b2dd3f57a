"""What happened to one firm, in the order of its days: timeline.py, over the rooms that keep each thing."""
