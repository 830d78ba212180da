"""Assignments of two sides one to one: the probability of each pair, and the likeliest whole.

The weight of an assignment is the product of its pairs' weights, and of ``alone`` for each member
of either side without a pair.

>>> chances, best = counted({0: {0: 1.0}, 1: {0: 1.0}}, 0.5)
>>> chances[0, 0] == chances[1, 0] == 0.5 / (0.5 + 0.5 + 0.125)
True
"""

from __future__ import annotations

Weights = dict[int, dict[int, float]]
"""One side's members, each with those of the other that fit, and the pair's weight."""
Chances = dict[tuple[int, int], float]
Best = dict[int, int]


def counted(fits: Weights, alone: float) -> tuple[Chances, Best]:
    """Count all assignments, by walking through one side and keeping who of the other is taken.

    Args:
        fits: who fits whom; time and room grow with 2 to the power of the smaller side.
        alone: above 0.

    Returns:
        The probability of each pair, and the likeliest assignment as a whole.
    """
    others = sorted({other for weights in fits.values() for other in weights})
    if len(others) > len(fits):
        turned: Weights = {other: {} for other in others}
        for one, weights in fits.items():
            for other, weight in weights.items():
                turned[other][one] = weight
        chances, best = counted_by_smaller(turned, alone)
        return (
            {(one, other): chance for (other, one), chance in chances.items()},
            {one: other for other, one in best.items()},
        )
    return counted_by_smaller(fits, alone)


def counted_by_smaller(fits: Weights, alone: float) -> tuple[Chances, Best]:
    """As ``counted``, keeping in mind who of the second side is taken.

    1. Ahead: for each member of the first side the sets of the second that may be taken before
       it, with the weight of all ways there.
    2. Back: for each of these sets the weight of all ways on, and of the heaviest.
    3. A pair's weight is the ways there, times its own, times the ways on.
    """
    others = sorted({other for weights in fits.values() for other in weights})
    bit = {other: 1 << at for at, other in enumerate(others)}
    free = [{bit[other]: weight for other, weight in each.items()} for each in fits.values()]
    ahead = _ahead(free, alone)
    on = {taken: alone ** (len(others) - taken.bit_count()) for taken in ahead[-1]}
    heaviest, picked, chances = on, list[dict[int, int]](), dict[tuple[int, int], float]()
    for at in reversed(range(len(free))):
        for taken, ways in ahead[at].items():
            for each, weight in free[at].items():
                if not taken & each:
                    more = ways * weight * on[taken | each]
                    chances[at, each] = chances.get((at, each), 0.0) + more
        heaviest, choice = _heaviest(ahead[at], free[at], heaviest, alone)
        picked.append(choice)
        on = {taken: _ways_on(taken, free[at], on, alone) for taken in ahead[at]}
    members, name = list(fits), {each: other for other, each in bit.items()}
    found, taken = dict[int, int](), 0
    for one, choice in zip(members, reversed(picked), strict=True):
        if choice[taken]:
            found[one] = name[choice[taken]]
            taken |= choice[taken]
    return {(members[at], name[each]): more / on[0] for (at, each), more in chances.items()}, found


def _ahead(free: list[dict[int, float]], alone: float) -> list[dict[int, float]]:
    """Before each member, and at the end: who may be taken, and the weight of all ways there."""
    found = [{0: 1.0}]
    for fitting in free:
        step: dict[int, float] = {}
        for taken, ways in found[-1].items():
            step[taken] = step.get(taken, 0.0) + ways * alone
            for each, weight in fitting.items():
                if not taken & each:
                    step[taken | each] = step.get(taken | each, 0.0) + ways * weight
        found.append(step)
    return found


def _ways_on(taken: int, fitting: dict[int, float], on: dict[int, float], alone: float) -> float:
    """The weight of all ways on from a member, with some taken."""
    return on[taken] * alone + sum(
        weight * on[taken | each] for each, weight in fitting.items() if not taken & each
    )


def _heaviest(
    here: dict[int, float], fitting: dict[int, float], on: dict[int, float], alone: float
) -> tuple[dict[int, float], dict[int, int]]:
    """The weight of the heaviest way on from a member, and whom it takes there; 0: nobody."""
    found, choice = {}, {}
    for taken in here:
        ways = {0: on[taken] * alone}
        ways |= {each: w * on[taken | each] for each, w in fitting.items() if not taken & each}
        choice[taken] = max(ways, key=ways.__getitem__)
        found[taken] = ways[choice[taken]]
    return found, choice


def estimated(fits: Weights, alone: float) -> tuple[Chances, Best]:
    """A pair's weight as a part of its own, its competitors' and ``alone`` squared; no counting.

    Args:
        fits: who fits whom.
        alone: above 0.

    Returns:
        As ``counted``; the assignment takes the most probable pairs first.
    """
    of_other: dict[int, float] = {}
    for weights in fits.values():
        for other, weight in weights.items():
            of_other[other] = of_other.get(other, 0.0) + weight
    chances = {
        (one, other): weight / (sum(weights.values()) + of_other[other] - weight + alone * alone)
        for one, weights in fits.items()
        for other, weight in weights.items()
    }
    best: Best = {}
    for (one, other), _ in sorted(chances.items(), key=lambda each: (-each[1], each[0])):
        if one not in best and other not in best.values():
            best[one] = other
    return chances, best
