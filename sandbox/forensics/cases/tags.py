"""Tags: what others say about addresses, with the quality of their source; some are wrong.

Rules: services are tagged in the share that the recipe says, their customers' deposit addresses
are not; a wrong tag calls somebody's own address a service. Sources of wrong tags are worse on the
whole, but never so that the quality alone tells.

Qualities: ids of the confidence taxonomy of GraphSense's TagPacks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from sandbox.forensics.cases.case import Tag
from sandbox.forensics.cases.scene import SERVICES, Role, Scene, Wallet
from sandbox.kit.ids import Address

_RIGHT: Final[Mapping[str, int]] = {
    "service_api": 4,
    "authority_data": 3,
    "trusted_provider": 4,
    "forensic": 2,
    "untrusted_transaction": 2,
    "web_crawl": 2,
}
_WRONG: Final[Mapping[str, int]] = {
    "trusted_provider": 1,
    "forensic": 1,
    "untrusted_transaction": 3,
    "web_crawl": 5,
}


def tagged(scene: Scene, wallets: list[Wallet], addresses: list[Address]) -> Iterator[Tag]:
    """The tags of a case, in an order that says nothing.

    Args:
        scene: of the case.
        wallets: those that are used.
        addresses: of each wallet of the scene.
    """
    recipe, chance, found = scene.recipe, scene.chance("tags"), []
    services = [each for each in wallets if each.role in SERVICES and each.role is not Role.DEPOSIT]
    for each in services:
        if chance.happens(recipe.tagged_permille):
            quality = chance.weighed(_RIGHT)
            found.append(Tag(addresses[each.number], each.service, each.role, quality))
    others = [each for each in wallets if each.role not in SERVICES]
    wrong = len(found) * recipe.wrong_tags_permille // 1_000
    for each in chance.some(others, wrong):
        like = chance.one(services)
        quality = chance.weighed(_WRONG)
        found.append(Tag(addresses[each.number], like.service, like.role, quality))
    yield from sorted(found, key=lambda tag: tag.address.lower())
