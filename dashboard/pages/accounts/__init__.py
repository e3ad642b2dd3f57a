"""The page of the accounts: the list, and what is done to accounts."""
