"""What the departments of the city say of those who are to enter a pool."""
