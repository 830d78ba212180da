"""QR codes: black on white in every colour scheme, with the margin that scanners need.

>>> qr("https://synak.example/desk/c/").startswith("<svg")
True

Source: ISO/IEC 18004 (level M); by segno.
"""

from __future__ import annotations

from io import BytesIO

import segno
from markupsafe import Markup


def public_address(public_url: str, number: str) -> str:
    """Where anybody verifies a permit.

    >>> public_address("https://synak.example", "SB-2026-0001")
    'https://synak.example/desk/public/permits/SB-2026-0001'
    """
    return f"{public_url}/desk/public/permits/{number}"


def qr_svg(address: str) -> bytes:
    """An address as an SVG file of its own."""
    out = BytesIO()
    _made(address).save(
        out,
        kind="svg",
        scale=4,
        border=4,
        dark="#000000",
        light="#ffffff",
        xmldecl=False,
        svgclass=None,
        lineclass=None,
        title=address,
    )
    return out.getvalue()


def qr(text: str) -> Markup:
    """A short text as SVG within a page.

    Args:
        text: an address of ours; segno writes nothing of it into the drawing.
    """
    drawn = _made(text).svg_inline(
        border=4, dark="#000", light="#fff", omitsize=True, svgclass="qr-drawing"
    )
    return Markup(drawn)  # noqa: S704  made of our own numbers


def _made(text: str) -> segno.QRCode:
    return segno.make(text, error="m", micro=False)
