"""The lab plane: a private chain of one's own, with the national contracts on it."""
