"""How a person is written wherever people read: by name, not by account.

Rules:

1. A person is written by the name in the account. Of two people of one organisation with one name,
   each is written with the account's name behind it.
2. Whose personal data was erased is written as a dash, as everywhere since.
3. What is no account (``system``) is written as it stands; the page may have a word for it.
4. Accounts stand as they are where an account is meant: lists of members, keys and settings, the
   audit log and what is proven by it, and what programs read. Nothing that is hashed, signed or
   kept holds a written name because of this.
5. A name says who did what is shown; whoever may see that, may see it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sandbox.store import UnitOfWork


def written(u: UnitOfWork, accounts: Collection[str]) -> Mapping[str, str]:
    """How the people behind accounts are written.

    Args:
        u: a unit of work.
        accounts: names of accounts, or of what is none; empty ones are left out.

    Returns:
        Each of them to what is shown.
    """
    asked = {each for each in accounts if each}
    known = u.accounts.written(asked) if asked else {}
    return {each: known.get(each, each) for each in asked}
