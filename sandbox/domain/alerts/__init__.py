"""Alert rules: what a supervisor is told of, by exact and versioned definitions.

Rules:

1. Money is an integer of minor units; a threshold in tyiyn is scaled, never a float.
2. A rule is a pure function of what one party did in a window; the same ledger, rule set and
   order give the same alerts, whenever and however often they are looked for.
3. A rule measures a whole number; bands give it a weight; an alert comes at the set's weight.
4. After an alert the same rule is silent about the same party for one window, unless a heavier
   band is reached.

Example: ``watch(SHIPPED, book)`` gives the findings of a book of payments.
"""
