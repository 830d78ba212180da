"""What the pages of investigations call things."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sandbox.domain.investigations import Opinion
from sandbox.forensics.asset import Asset
from sandbox.forensics.cases.case import TOKENS
from sandbox.forensics.cases.scene import LEDGERS
from sandbox.forensics.policies import Policy
from sandbox.kit.money import DECIMALS
from sandbox.locale import Language, forms, translator
from sandbox.locale.catalogue import N_

LABS: Final[Mapping[str, str]] = {
    "P3": N_("P3. Following the money"),
    "P4": N_("P4. Methods of computation"),
    "P5": N_("P5. Attribution"),
    "P6": N_("P6. The exchange request"),
    "P9": N_("P9. The freeze race"),
}
DIFFICULTIES: Final[Mapping[str, str]] = {
    "easy": N_("Easy"),
    "medium": N_("Medium"),
    "hard": N_("Hard"),
}
POLICIES: Final[Mapping[str, str]] = {
    Policy.FIFO: N_("First in, first out (FIFO)"),
    Policy.LIFO: N_("Last in, first out (LIFO)"),
    Policy.HAIRCUT: N_("In proportion (haircut)"),
    Policy.POISON: N_("All of it (poison)"),
    Policy.LIBR: N_("Lowest intermediate balance (LIBR)"),
}
OPINIONS: Final[Mapping[str, str]] = {
    "": N_("No opinion yet"),
    Opinion.THIEVES: N_("The thieves'"),
    Opinion.SERVICE: N_("A service"),
    Opinion.INNOCENT: N_("Innocent"),
}
ROLES: Final[Mapping[str, str]] = {
    "bank": N_("bank"),
    "bridge": N_("bridge"),
    "deposit": N_("customer's address at an exchange"),
    "employer": N_("employer"),
    "exchange": N_("exchange"),
    "gold": N_("gold desk"),
    "merchant": N_("merchant"),
    "mixer": N_("mixer"),
    "mule": N_("mule"),
    "person": N_("ordinary person"),
    "service": N_("service, by my mark"),
    "thief": N_("thief"),
    "trader": N_("dealer between persons"),
    "utility": N_("utility company"),
    "victim": N_("victim"),
}
CONFIDENCE: Final[Mapping[str, str]] = {
    "service_api": N_("the service itself says so"),
    "authority_data": N_("from an authority"),
    "trusted_provider": N_("from a trusted provider"),
    "forensic": N_("from a forensic report"),
    "untrusted_transaction": N_("from a single payment, not confirmed"),
    "web_crawl": N_("collected from web pages"),
}
PAPERS: Final[Mapping[str, str]] = {
    "statement": N_("Victim's statement"),
    "chat": N_("Export of a chat"),
    "card": N_("Card statement"),
    "seizure": N_("Record of seizure"),
    "phone": N_("Text of a telephone"),
}
PARTS: Final[Mapping[str, str]] = {
    "addresses": N_("Addresses"),
    "hops": N_("Hop ledger"),
    "located": N_("Where the money lies"),
}
STOPS: Final[Mapping[str, str]] = {
    "service": N_("a service"),
    "dust": N_("too little"),
    "hops": N_("too many hops"),
    "time": N_("the end of the time"),
    "amount": N_("enough found"),
}


def said(names: Mapping[str, str], lang: Language) -> dict[str, str]:
    """Names in a language."""
    words = translator(lang)
    return {str(key): words.gettext(text) for key, text in names.items()}


def assets(lang: Language) -> dict[str, Asset]:
    """In what amounts of each ledger are written."""
    found = {}
    for name in LEDGERS:
        code = TOKENS[name]
        symbol = forms.SYMBOLS.get(code, {}).get(lang, code)
        found[str(name)] = Asset(symbol, DECIMALS[code])
    return found


def stop_said(stop: str, lang: Language) -> str:
    """Why a trace stopped, in words; empty where it went on."""
    words = translator(lang)
    return ", ".join(words.gettext(STOPS[each]) for each in stop.split("+") if each)
