"""Files of a workspace, whose disk a permit or a role may limit: a full one is said in words.

JupyterLab shows the message as it is, and the server does not know the reader's language, so it
is said in each.
"""

from __future__ import annotations

import errno
from typing import Any, Final

from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from tornado import web

from sandbox.locale import LANGUAGES, wording

_STATUS: Final = 507
"""Insufficient Storage. Source: RFC 4918 section 11.5."""
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


class FilesOnLimitedDisk(AsyncLargeFileManager):
    """The usual files, with a clear word when there is no room for one more."""

    async def save(self, model: Any, path: str = "") -> Any:
        """Save a file.

        Raises:
            HTTPError: as usual; 507 with ``hub.disk_full`` in each language when the disk is full.
        """
        try:
            return await super().save(model, path)  # type: ignore[no-untyped-call]
        except web.HTTPError as error:
            if not _full(error):
                raise
            text = " · ".join(wording("hub.disk_full", {}, each) for each in LANGUAGES)
            raise web.HTTPError(_STATUS, text) from error


def _full(error: BaseException | None) -> bool:
    """Whether an error comes from a disk that is full."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _FULL:
            return True
        error = error.__cause__ or error.__context__
    return False
