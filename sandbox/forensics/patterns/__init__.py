"""Patterns of laundering, each with the probability that it is what it looks like.

Rules:

1. What can be counted is counted: how many assignments fit, and in how many of them two payments
   belong together. What cannot be counted is a stated assumption with a stated figure.
2. A probability is never 1 because a rule fits, and the next best candidates are always told.
3. What a pattern's rules left out stands in a table.
"""
