"""A firm's way from its returns to the pools, and the one database it is kept in."""
