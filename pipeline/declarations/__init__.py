"""What firms and districts declare."""
