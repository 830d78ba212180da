"""A paper of blocks as DOCX, to be edited: the few parts of Office Open XML that it needs.

Rules:

1. The same paper gives the same bytes: no clock, no random name, one order of parts.
2. What people typed is text; a character that XML forbids becomes U+FFFD.
3. Headings are styles, tables have a head that is repeated, the language is said: a reader's
   program finds its way.

Source: ECMA-376, parts 1 and 2 (WordprocessingML, Open Packaging Conventions).
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Final
from xml.sax.saxutils import escape

from sandbox.paper.blocks import Block, Facts, Grid, Heading, NewPage, Paper, Text

FIRST_MOMENT: Final = (1980, 1, 1, 0, 0, 0)
"""The moment of every part: the first that a ZIP file can say."""
WIDTH: Final = 9_864
"""Between the margins of A4, twentieths of a point."""
_W: Final = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_XML: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_R: Final = f'xmlns:r="{_OFFICE}"'
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_MAIN: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_FORBIDDEN: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_STYLES: Final = (
    ("Normal", "Normal", 20, "", 'w:default="1"'),
    ("Title", "Title", 30, "<w:b/>", ""),
    ("Heading1", "heading 1", 24, "<w:b/>", ""),
    ("Small", "Small", 16, '<w:color w:val="4A5650"/>', 'w:customStyle="1"'),
    ("Cell", "Cell", 16, "", 'w:customStyle="1"'),
)
"""Style, its name, half points, what else, and whether it is the default or our own."""


def paper_docx(paper: Paper) -> bytes:
    """Write a paper.

    Args:
        paper: what stands on it.
    """
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in _parts(paper):
            part = zipfile.ZipInfo(name, FIRST_MOMENT)
            part.compress_type = zipfile.ZIP_DEFLATED
            part.create_system = 3
            package.writestr(part, _XML + content)
    return out.getvalue()


def _parts(paper: Paper) -> Iterator[tuple[str, str]]:
    parts = {"document": "document.main", "styles": "styles", "header1": "header"}
    parts["footer1"] = "footer"
    overrides = "".join(
        f'<Override PartName="/word/{name}.xml" ContentType="{_MAIN}.{kind}+xml"/>'
        for name, kind in parts.items()
    )
    core = "application/vnd.openxmlformats-package.core-properties+xml"
    kinds = (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'{overrides}<Override PartName="/docProps/core.xml" ContentType="{core}"/></Types>'
    )
    yield "[Content_Types].xml", kinds
    yield (
        "_rels/.rels",
        _relations(
            (f"{_OFFICE}/officeDocument", "word/document.xml"),
            (f"{_PACKAGE}/relationships/metadata/core-properties", "docProps/core.xml"),
        ),
    )
    yield "docProps/core.xml", _properties(paper)
    targets = ((f"{_OFFICE}/{each.rstrip('1')}", f"{each}.xml") for each in list(parts)[1:])
    yield "word/_rels/document.xml.rels", _relations(*targets)
    yield "word/styles.xml", _styles(paper.lang)
    head = _paragraph(paper.head, "Normal", inside='<w:jc w:val="center"/>', bold=True)
    yield "word/header1.xml", f"<w:hdr {_W}>{head}</w:hdr>"
    yield "word/footer1.xml", f"<w:ftr {_W}>{_foot(paper)}</w:ftr>"
    yield "word/document.xml", _document(paper)


def _properties(paper: Paper) -> str:
    return (
        f'<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:title>{_safe(paper.title)}</dc:title><dc:subject>{_safe(paper.head)}</dc:subject>"
        f"<dc:creator>Synak</dc:creator><dc:language>{paper.lang}</dc:language>"
        "</cp:coreProperties>"
    )


def _relations(*targets: tuple[str, str]) -> str:
    inside = "".join(
        f'<Relationship Id="rId{number}" Type="{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{inside}</Relationships>'


def _styles(lang: str) -> str:
    font = '<w:rFonts w:ascii="Arial" w:hAnsi="Arial" w:cs="Arial"/>'
    inside = "".join(
        f'<w:style w:type="paragraph" {more} w:styleId="{style}"><w:name w:val="{name}"/>'
        f"{'' if style == 'Normal' else _based(style)}"
        f'<w:pPr>{_level(style)}<w:spacing w:after="60"/>{_outline(style)}</w:pPr>'
        f'<w:rPr>{font}{look}<w:sz w:val="{size}"/><w:lang w:val="{lang}"/></w:rPr></w:style>'
        for style, name, size, look, more in _STYLES
    )
    return f"<w:styles {_W}>{inside}</w:styles>"


def _based(style: str) -> str:
    following = '<w:next w:val="Normal"/>' if style.startswith(("Title", "Heading")) else ""
    return f'<w:basedOn w:val="Normal"/>{following}'


def _level(style: str) -> str:
    return "<w:keepNext/>" if style == "Heading1" else ""


def _outline(style: str) -> str:
    return '<w:outlineLvl w:val="0"/>' if style == "Heading1" else ""


def _document(paper: Paper) -> str:
    body = "".join(_written(block) for block in paper.blocks)
    section = (
        '<w:sectPr><w:headerReference w:type="default" r:id="rId2"/>'
        '<w:footerReference w:type="default" r:id="rId3"/>'
        '<w:pgSz w:w="11906" w:h="16838"/>'
        '<w:pgMar w:top="1247" w:right="1021" w:bottom="1247" w:left="1021" '
        'w:header="567" w:footer="567" w:gutter="0"/></w:sectPr>'
    )
    return f"<w:document {_W} {_R}><w:body>{body}{section}</w:body></w:document>"


def _written(block: Block) -> str:
    match block:
        case Heading(text, level):
            return _paragraph(text, "Heading1" if level else "Title")
        case Text(text, small):
            return _paragraph(text, "Small" if small else "Normal")
        case Facts(pairs):
            return _table((), pairs, (0.35, 0.65)) if pairs else ""
        case Grid(head, rows, widths):
            return _table(head, rows, widths)
        case NewPage():
            return '<w:p><w:r><w:br w:type="page"/></w:r></w:p>'


def _paragraph(text: str, style: str, *, inside: str = "", bold: bool = False) -> str:
    look = "<w:rPr><w:b/></w:rPr>" if bold else ""
    runs = "<w:r><w:br/></w:r>".join(_run(line, look) for line in text.split("\n"))
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{inside}</w:pPr>{runs}</w:p>'


def _table(
    head: tuple[str, ...], rows: Iterable[tuple[str, ...]], widths: tuple[float, ...]
) -> str:
    sizes = [round(share * WIDTH) for share in widths]
    columns = "".join(f'<w:gridCol w:w="{size}"/>' for size in sizes)
    lines = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="B9C0BA"/>'
        for side in ("top", "bottom", "insideH")
    )
    named = _row(head, sizes, head=True) if head else ""
    inside = "".join(_row(row, sizes) for row in rows)
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="{WIDTH}" w:type="dxa"/><w:tblBorders>{lines}</w:tblBorders>'
        f'<w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>{columns}</w:tblGrid>'
        f"{named}{inside}</w:tbl>{_paragraph('', 'Small')}"
    )


def _row(cells: tuple[str, ...], sizes: list[int], *, head: bool = False) -> str:
    look = "<w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>" if head else ""
    inside = "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="{size}" w:type="dxa"/></w:tcPr>'
        f"{_paragraph(cell, 'Cell', bold=head)}</w:tc>"
        for cell, size in zip(cells, sizes, strict=True)
    )
    return f"<w:tr>{look}{inside}</w:tr>"


def _foot(paper: Paper) -> str:
    page, pages = (
        f'<w:fldSimple w:instr=" {name} "><w:r><w:t>1</w:t></w:r></w:fldSimple>'
        for name in ("PAGE", "NUMPAGES")
    )
    said = f"{_run(f'{paper.foot} · {paper.page_word} ')}{page}{_run(' / ')}{pages}"
    return f'<w:p><w:pPr><w:pStyle w:val="Small"/></w:pPr>{said}</w:p>'


def _run(text: str, look: str = "") -> str:
    return f'<w:r>{look}<w:t xml:space="preserve">{_safe(text)}</w:t></w:r>'


def _safe(text: str) -> str:
    return escape(_FORBIDDEN.sub("\ufffd", text))
