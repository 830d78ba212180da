"""Who may stand behind several accounts: heuristics, each link with its evidence.

Rules:

1. A heuristic proposes **links**: two accounts, the account by way of which, the rows that are its
   evidence, a confidence. A link is a reason to look, never a proof of ownership.
2. Links are joined into clusters (union-find), the surest first; the order of the input never
   decides.
3. A **service never joins a cluster**, nor does a deposit address that was found: half of a ledger
   would hang together by one exchange. No cluster grows beyond a stated size. What was stopped by
   either stands in the table of links with the word that stopped it.
4. What a heuristic left out because of its own bounds stands in a table as well.
5. Each parameter is stated, with its source or as ours. Confidences are ours; how often links are
   right on planned cases is published beside them and does not set them.
6. Deposit addresses belong to the service whose keys move them: they are told in a table of
   their own, with the service behind them, and are no part of their payers' clusters.
"""
