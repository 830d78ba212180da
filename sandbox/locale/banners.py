"""Warnings that every page carries, the hub's and the desk's alike.

>>> warnings_of(development=False, isolation="separate_users")
()
>>> warnings_of(development=False, isolation="")
('No isolation: nothing keeps users apart on this machine.',)
"""

from __future__ import annotations

from typing import Final

from sandbox.locale.catalogue import N_

_DEVELOPMENT: Final = N_("Development install: demo accounts with one shared password.")
_ONE_USER_ID: Final = N_("Isolation: every process runs under one user id.")
_NO_ISOLATION: Final = N_("No isolation: nothing keeps users apart on this machine.")


def warnings_of(*, development: bool, isolation: str) -> tuple[str, ...]:
    """What has to be said of an install, in English, for the catalogues.

    Args:
        development: whether the install is for development.
        isolation: a value of ``isolation.probe.Isolation``; anything else counts as none.
    """
    found = {"separate_users": (), "one_user": (_ONE_USER_ID,)}
    return (
        *((_DEVELOPMENT,) if development else ()),
        *found.get(isolation, (_NO_ISOLATION,)),
    )
