"""Who stands behind a translation: ``locale/signed.yaml``.

Rules:

- A named native reader signs a language: who, when, and the hash of every text with its
  translation and of the titles and outcomes in that language.
- A signature holds as long as all of that is as it was; what changes afterwards is
  machine-assisted again, and the notebook says so at its top.
- The source language needs no signature: its text is nobody's translation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import yaml

from sandbox.grading.authoring.catalogues import FOLDER, Catalogue
from sandbox.grading.authoring.texts import texts_of
from sandbox.kit.canonical import content_hash
from sandbox.kit.errors import InvalidInput

PATH: Final = f"{FOLDER}/signed.yaml"
_HEAD: Final = "# Native readers' signatures; written by `synak course sign`.\n"


@dataclass(frozen=True, slots=True)
class Signature:
    """A native reader's word.

    Attributes:
        by: the reader's name.
        at: the day.
        of: hash of what was read, 64 hex digits.
    """

    by: str
    at: date
    of: str


def digest(files: Mapping[str, bytes], catalogue: Catalogue) -> str:
    """The hash of what a reader reads.

    Args:
        files: of the source.
        catalogue: of the language.

    Returns:
        64 hex digits.
    """
    described = _described(files.get("course.yaml", b""), catalogue.language)
    pairs = [[text.key, catalogue.words.get(text.key, "")] for text in texts_of(files)]
    return content_hash({"texts": pairs, "described": described}).hex()


def signatures(files: Mapping[str, bytes]) -> dict[str, Signature]:
    """The signatures of an assignment, by language.

    Args:
        files: of the source.

    Raises:
        InvalidInput: ``authoring.signatures_unreadable``.
    """
    try:
        said = yaml.safe_load(files.get(PATH, b"").decode("utf-8")) or {}
        return {
            str(lang): Signature(str(one["by"]), _day(one["at"]), str(one["of"]))
            for lang, one in said.items()
        }
    except (yaml.YAMLError, UnicodeDecodeError, AttributeError, KeyError, TypeError) as error:
        raise InvalidInput("authoring.signatures_unreadable", file=PATH) from error


def is_signed(files: Mapping[str, bytes], catalogue: Catalogue) -> bool:
    """Whether a native reader stands behind a language as it is now."""
    signature = signatures(files).get(catalogue.language)
    return signature is not None and signature.of == digest(files, catalogue)


def with_signature(files: Mapping[str, bytes], catalogue: Catalogue, *, by: str, at: date) -> bytes:
    """``signed.yaml`` with one more, or a newer, signature.

    Args:
        files: of the source.
        catalogue: of the language that was read.
        by: the reader's name.
        at: the day.

    Raises:
        InvalidInput: ``authoring.no_name``; ``authoring.not_translated`` with the number of
            texts that have no translation.
    """
    if not by.strip():
        raise InvalidInput("authoring.no_name")
    missing = sum(text.key not in catalogue.words for text in texts_of(files))
    if missing:
        raise InvalidInput(
            "authoring.not_translated", language=catalogue.language, count=str(missing)
        )
    known = signatures(files)
    known[catalogue.language] = Signature(by.strip(), at, digest(files, catalogue))
    plain = {
        lang: {"by": one.by, "at": one.at, "of": one.of} for lang, one in sorted(known.items())
    }
    return (_HEAD + yaml.safe_dump(plain, allow_unicode=True, sort_keys=False)).encode()


def _day(value: object) -> date:
    if not isinstance(value, date):
        raise TypeError("a day is needed")
    return value


def _described(content: bytes, language: str) -> dict[str, Any]:
    """Title and outcomes in a language, as they stand in ``course.yaml``."""
    try:
        said = yaml.safe_load(content.decode("utf-8")) or {}
        outcomes = said.get("outcomes") or {}
        return {
            "title": str((said.get("titles") or {}).get(language, "")),
            "outcomes": {str(name): str(one.get(language, "")) for name, one in outcomes.items()},
        }
    except (yaml.YAMLError, UnicodeDecodeError, AttributeError):
        return {}
