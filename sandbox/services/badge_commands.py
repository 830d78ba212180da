"""``synak badge``: check a certificate, without the desk and without a network.

It ends with the verdict's code, as ``synak receipt verify`` does: 0 it holds, 1 it does not, 2 it
cannot be checked. Whether it is revoked, only a list of revoked certificates tells.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from sandbox.domain.badge_status import check_status
from sandbox.domain.badges import LARGEST, Badge, moment, read_badge
from sandbox.kit.clock import SystemClock
from sandbox.kit.errors import IntegrityFailure, SynakError
from sandbox.services.evidence_verdict import Verdict
from sandbox.services.verdict_lines import end, in_words, read_at_most, read_key

UNSURE: Final = frozenset(
    {
        "badge.other_key",
        "badge.other_list",
        "badge.list_malformed",
        "badge.list_of_another_time",
    }
)
"""What says that something else is needed for checking, not that the certificate is false."""
UNKNOWN: Final = "revocation: UNKNOWN, as no list was given (--list); it is published at"
LATIN: Final = "name: the Latin form that the holder chose; ask for the written name too"
app = typer.Typer(no_args_is_help=True, help="Certificates of courses (Open Badges 3.0).")


@app.callback()
def _badge() -> None:
    """Certificates of courses (Open Badges 3.0)."""


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="The certificate, a .jwt file.")],
    key: Annotated[
        str, typer.Option(help="The platform's public key: 64 hexadecimal digits, or a file.")
    ],
    revoked: Annotated[
        Path | None, typer.Option("--list", help="The list of revoked certificates, a .jwt file.")
    ] = None,
    name: Annotated[str, typer.Option(help="Whose it should be, as it is written.")] = "",
) -> None:
    """Check a certificate: signature, form, term, with --list whether it is revoked.

    Exits with 0 when it holds, with 1 when it does not, with 2 when it cannot be checked; also
    with 2 when --name is only the Latin form that the holder chose.
    """
    try:
        known, token = read_key(key), read_at_most(file, LARGEST)
        listed = None if revoked is None else read_at_most(revoked, LARGEST)
    except (OSError, ValueError, SynakError) as error:
        end(Verdict.CANNOT_CHECK, in_words(error))
    try:
        now = SystemClock().now()
        found = read_badge(token, known, now)
        since = None if listed is None else check_status(listed, found, known, now)
    except SynakError as error:
        unsure = error.code in UNSURE or not isinstance(error, IntegrityFailure)
        end(Verdict.CANNOT_CHECK if unsure else Verdict.ALTERED, in_words(error))
    state = f"{UNKNOWN} {found.status_list}" if since is None else f"not revoked as of {since}"
    same = not name or found.is_of(name)
    lines = [*_lines(found), state, f"key: {known}"]
    if name and found.is_latin_of(name):
        end(Verdict.CANNOT_CHECK, *lines, LATIN)
    if name:
        lines.append("name: the holder's" if same else "name: NOT the holder's")
    end(Verdict.WHOLE if same else Verdict.ALTERED, *lines)


def _lines(found: Badge) -> list[str]:
    names = ["hidden (give --name to compare)"] if found.hidden else [n.text for n in found.names]
    return [
        f"achievement: {found.name}",
        f"issuer: {found.issuer}",
        *(f"holder: {each}" for each in names),
        f"since: {moment(found.at)}",
        *([] if found.until is None else [f"until: {moment(found.until)}"]),
        f"id: {found.id}",
        *(f"criteria: {each}" for each in found.criteria.split("\n") if each),
    ]
