"""What happens to a firm from its pool to the exchange: stages, cases, visits."""
