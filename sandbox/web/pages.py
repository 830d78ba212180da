"""Turning a visit into a page: one environment, everything escaped, every word translated.

Rules: auto-escaping is never switched off; templates get a ``visit``, the language's
words as ``_`` and its forms (``money``, ``number``, ``when``, ``day``); undefined names
are errors.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from sandbox.kit.errors import SynakError
from sandbox.kit.ids import with_checksum
from sandbox.locale import forms, translator, wording
from sandbox.locale.catalogue import NAMES, Language
from sandbox.locale.events import event_text
from sandbox.services import statistics_year
from sandbox.web import customer_words, papers_words, people, words
from sandbox.web.group_keys import group_key
from sandbox.web.navigation import navigation
from sandbox.web.visit import Visit

HERE: Final = Path(__file__).parent


def static(name: str) -> str:
    """The address of one of our own static files, new whenever its content is."""
    return f"/desk/static/{name}?v={_digest(name)}"


@lru_cache(maxsize=32)
def _digest(name: str) -> str:
    return hashlib.sha256((HERE / "static" / name).read_bytes()).hexdigest()[:12]


@lru_cache(maxsize=3)
def environment(lang: Language) -> Environment:
    """The templates in one language."""
    env = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words_of = translator(lang)
    env.install_gettext_callables(  # type: ignore[attr-defined]
        words_of.gettext, words_of.ngettext, newstyle=True
    )
    env.globals.update(
        lang=lang,
        languages=NAMES,
        navigation=navigation,
        sees_statistics=_sees_statistics,
        takes_marks=takes_marks,
        group_key=group_key,
        static=static,
        new_key=lambda: secrets.token_urlsafe(16),
        wording=partial(_wording, lang),
        name_of=partial(words.name_of, lang),
        field_name=partial(words.field_name, lang),
        section_name=partial(words.section_name, lang),
        section_of=words.section_of,
        unit_of=partial(words.unit_of, lang),
        asset_name=partial(words.asset_name, lang),
        typed_value=partial(words.typed_value, lang),
        tone=lambda state: words.TONES.get(state, ""),
        limit_text=partial(words.limit_text, lang),
        amount_text=partial(words.amount_text, lang),
        party_text=partial(words.party_text, lang),
        refusal_text=partial(words.refusal_text, lang),
        what_to_do=partial(words.what_to_do, lang),
        seats_text=partial(words.seats_text, lang),
        event_text=partial(event_text, lang),
        moment=datetime.fromisoformat,
        paper_word=partial(papers_words.paper_word, lang),
        own_name=partial(customer_words.own_name, lang),
        own_tone=customer_words.own_tone,
        som=partial(customer_words.som, lang),
        som_near=partial(customer_words.som_near, lang),
        refused_text=partial(customer_words.refused_text, lang),
        tenths=partial(customer_words.tenths, lang),
    )
    env.filters.update(
        when=lambda at: forms.when(at, lang),
        clock=lambda at: forms.clock(at, lang),
        day=lambda at: forms.day(at, lang),
        moment=lambda text: forms.when(datetime.fromisoformat(text), lang),
        number=lambda value: forms.number(int(value), lang),
        points=lambda value: forms.points(float(value), lang),
        short=words.shortened,
        address=with_checksum,
        chain_name=partial(words.chain_name, lang),
        kilobytes=partial(papers_words.size_text, lang),
        person=people.person,
    )
    return env


def _sees_statistics(visit: Visit) -> bool:
    """Whether there are statistics of the year for the reader."""
    with visit.parts.store.unit(read_only=True) as u:
        return statistics_year.opens_to(u, visit.known)


def takes_marks(visit: Visit) -> bool:
    """Whether marks go back to a learning platform from here."""
    return any(each.platform.token for each in visit.parts.lti.values())


def _wording(lang: Language, code: str, params: Mapping[str, object] | None = None) -> str:
    """An error in words; ``by`` is who did something, in a delegation ``account`` too.

    The ``field`` that a text does not fit is named as its label names it.
    """
    named = {"by", "account"} if code.startswith("delegation.") else {"by"}
    said = {
        name: people.person(str(value)) if name in named and value else value
        for name, value in (params or {}).items()
    }
    if code.startswith("text.") and "field" in said:
        name = words.field_name(lang, str(said["field"]))
        said["field"] = f"“{name}”" if lang == "en" else f"«{name}»"
    return wording(code, said, lang)


@dataclass(frozen=True)
class Problem:
    """What went wrong with a form, for showing beside it.

    Attributes:
        error: the error itself.
        form: which form of the page it belongs to.
    """

    error: SynakError
    form: str = ""

    @property
    def missing(self) -> list[Mapping[str, Any]]:
        """The single parts that are missing or wrong, if the error names them."""
        found = self.error.params.get("missing") or []
        return list(found) if isinstance(found, list | tuple) else []


def page(visit: Visit, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page in the reader's language.

    Args:
        visit: who reads.
        template: its file name.
        status: the HTTP status.
        **values: what the template shows.
    """
    return HTMLResponse(
        fragment(visit, template, **values),
        status_code=status,
        headers={"Vary": "Accept-Language, Cookie", "Content-Language": visit.lang},
    )


def fragment(visit: Visit, template: str, **values: Any) -> str:
    """The same as text: a part of a page, or a live update."""
    values.setdefault("problem", None)
    values.setdefault("typed", visit.form)
    said = visit.request.query_params.get("said", "")
    found = environment(visit.lang).get_template(template)
    return people.with_people(
        visit,
        lambda: found.render(
            visit=visit,
            said=words.said(visit.lang, said),
            banners=visit.parts.banners,
            **values,
        ),
    )


def shared_fragment(lang: Language, template: str, **values: Any) -> str:
    """A part of a page that is the same for every reader of a language.

    There is no ``visit`` in it: a template that names its reader fails.
    """
    return environment(lang).get_template(template).render(**values)
