"""Tag packs for tests, and what the definition says of them, read out without tables."""

from __future__ import annotations

LABELS = ("Pamir", "pamir ", "Tulpar", "Aida")
CATEGORIES = ("exchange", "Exchange", "mixer", "person", None)
LEVELS = {"ownership": 100, "service_api": 70, "forensic": 50, "web_crawl": 20, "unknown": 5}


def pack(*tags, title="A", **head):
    """A pack as a dictionary."""
    said = {"format": 1, "title": title, "creator": "Trainer", "version": 1, "as_of": "2026-11-23"}
    return said | {"network": "kgst", "source": "letter 14", "tags": list(tags)} | head


def tag(address="0xa1", label="Pamir", confidence="service_api", **more):
    """A tag."""
    return {"address": address, "label": label, "confidence": confidence} | more


def drawn(chance, worlds, most=5):
    """A few packs at random, no tag of which stands twice; a few tags of each world."""
    packs = []
    for number in range(chance.randint(2, 3)):
        tags = []
        for accounts in worlds:
            own = []
            for _ in range(chance.randint(1, most)):
                one = tag(
                    chance.choice(accounts), chance.choice(LABELS), chance.choice(sorted(LEVELS))
                )
                category = chance.choice(CATEGORIES)
                one |= {"category": category} if category else {}
                if not any(like(one, other) for other in own):
                    own.append(one)
            tags += own
        packs.append(pack(*tags, title=f"pack {number}"))
    return packs


def like(one, other):
    """Whether two tags are read as the same."""
    return {**one, "label": one["label"].strip()} == {**other, "label": other["label"].strip()}


def word(text):
    """As it is compared."""
    return text.strip().lower()


def conflicts(packs):
    """(account, about, word): (highest level, tags, packs), where more than one is said."""
    own, found = {}, {}
    for each in packs:
        for one in each["tags"]:
            own.setdefault(one["address"], []).append((each["title"], one))
    for account, tags in own.items():
        for about in ("category", "label"):
            said = [(title, one) for title, one in tags if one.get(about)]
            words = {word(one[about]) for _, one in said}
            for each in words if len(words) > 1 else ():
                mine = [(title, one) for title, one in said if word(one[about]) == each]
                level = max(LEVELS[one["confidence"]] for _, one in mine)
                found[account, about, each] = level, len(mine), {title for title, _ in mine}
    return found


def services(packs, least, kinds=("exchange", "mixer")):
    """What is called which service, each with its highest level."""
    found = {}
    for each in packs:
        for one in each["tags"]:
            kind, level = word(one.get("category", "")), LEVELS[one["confidence"]]
            if kind in kinds and level >= least:
                own = found.setdefault(one["address"], {})
                own[kind] = max(own.get(kind, 0), level)
    return found


def ways(account, other, links, been=()):
    """All ways from one account to another, each as the confidences of its links."""
    if account == other:
        yield ()
        return
    for one, two, sure in links:
        for here, there in ((one, two), (two, one)):
            if here == account and there not in (*been, account):
                for rest in ways(there, other, links, (*been, account)):
                    yield (sure, *rest)
