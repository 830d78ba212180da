"""The public page of a permit as a QR code.

Rules: the code holds the public address and nothing else; it is black on white in every scheme,
with the margin that scanners need.
"""

from __future__ import annotations

from io import BytesIO

import segno


def public_address(public_url: str, number: str) -> str:
    """Where anybody verifies a permit.

    >>> public_address("https://synak.example", "SB-2026-0001")
    'https://synak.example/desk/public/permits/SB-2026-0001'
    """
    return f"{public_url}/desk/public/permits/{number}"


def qr_svg(address: str) -> bytes:
    """An address as SVG. Source: ISO/IEC 18004 (QR), level M, a margin of four modules."""
    out = BytesIO()
    code = segno.make(address, error="m", micro=False)
    code.save(
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
