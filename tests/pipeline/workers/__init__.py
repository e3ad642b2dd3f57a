"""A scheduler and two workers as processes of their own, and a PostgreSQL that all of them read."""
