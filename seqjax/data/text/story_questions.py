"""Questions about a small world, by skill, with their answers and the sentences that these rest on."""

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import pairwise
from random import Random
from typing import NamedTuple, TypeVar

from seqjax.data.text.story_world import Stay, World

T = TypeVar("T")

NUMBERS = ("none", "one", "two", "three")


class Asked(NamedTuple):
    """A question, the words of its answer, and the sentences that it rests on."""

    question: str
    answer: tuple[str, ...]
    support: frozenset[int]


Ask = Callable[[World], Asked | None]


def whereabouts(world: World, is_asked: Callable[[str], bool] = lambda person: True) -> Asked | None:
    """Asks where Ann is."""
    person = _one(world.rng, [each for each in world.people if world.is_in(each) and is_asked(each)])
    if person is None:
        return None
    support = world.chain(world.where[person].sentence)
    return Asked(f"Where is {person}{_now(world.rng)}?", (world.where[person].places[0],), support)


def coreference(world: World) -> Asked | None:
    """Asks where Ann is, of whom the last sentence says that she, or they, went there."""
    return whereabouts(world, lambda person: world.refers(world.where[person].sentence))


def carried(world: World) -> Asked | None:
    """Asks where the milk is, which somebody took and perhaps dropped."""
    thing = _one(world.rng, [each for each in world.things if _stay(world, each).place])
    if thing is None:
        return None
    stay = _stay(world, thing)
    return Asked(f"Where is the {thing}{_now(world.rng)}?", (stay.place or "",), stay.support)


def before(world: World) -> Asked | None:
    """Asks where Ann, or the milk, was before the park."""
    found = []
    for name, stays in world.stays.items():
        counts = Counter(stay.place for stay in stays)
        for first, second in pairwise(stays):
            if first.place and second.place and counts[second.place] == 1:
                found.append((name, first, second))
    chosen = _one(world.rng, found)
    if chosen is None:
        return None
    name, first, second = chosen
    who = name if name in world.people else f"the {name}"
    return Asked(f"Where was {who} before the {second.place}?", (first.place or "",), first.support | second.support)


def giving(world: World) -> Asked | None:
    """Asks who gave the milk to whom, or what Ann gave."""
    forms = ("Who gave the {thing} to {receiver}?", "What did {giver} give to {receiver}?")
    form = world.rng.choice((*forms, "Who did {giver} give the {thing} to?", "Who received the {thing}?"))
    questions = Counter(form.format(**gift._asdict()) for gift in world.gifts)
    gift = _one(world.rng, [each for each in world.gifts if questions[form.format(**each._asdict())] == 1])
    if gift is None:
        return None
    asked_for = "thing" if form.startswith("What") else "receiver" if "{receiver}" not in form else "giver"
    return Asked(form.format(**gift._asdict()), (getattr(gift, asked_for),), world.chain(gift.sentence))


def counting(world: World) -> Asked | None:
    """Asks how many things Ann has."""
    form = world.rng.choice(("How many things is {} carrying?", "How many things does {} have?"))
    return _of_carrier(world, form, lambda things: (NUMBERS[len(things)],))


def listing(world: World) -> Asked | None:
    """Asks what Ann has: all of it, in the order in which it came."""
    form = world.rng.choice(("What is {} carrying?", "What does {} have?"))
    return _of_carrier(world, form, lambda things: tuple(things) or ("nothing",))


def yes_no(world: World) -> Asked | None:
    """Asks if Ann, or the milk, is in the park; where they are is known."""
    person = _one(world.rng, [each for each in world.people if world.is_in(each)])
    thing = _one(world.rng, [each for each in world.things if _stay(world, each).place])
    if thing is not None and world.rng.random() < 0.3:
        stay = _stay(world, thing)
        return _is_in(world, f"the {thing}", (stay.place or "",), "yes", stay.support)
    if person is None:
        return None
    return _is_in(world, person, world.where[person].places, "yes", world.chain(world.where[person].sentence))


def negation(world: World) -> Asked | None:
    """Asks if Ann is in the park, in a story in which somebody is not, or no longer, in a place."""
    if all(found.kind != "not" for found in world.where.values()):
        return None
    kind = world.rng.choice(("in", "not"))
    person = _one(world.rng, [each for each, found in world.where.items() if found.kind == kind])
    if person is None:
        return None
    found = world.where[person]
    support = world.chain(found.sentence)
    if found.kind == "not":
        return Asked(f"Is {person} in the {found.places[0]}?", ("no",), support)
    return _is_in(world, person, found.places, "yes", support, other=0.25)


def either(world: World) -> Asked | None:
    """Asks if Ann is in the park, in a story in which somebody is in one of two places."""
    if all(found.kind != "either" for found in world.where.values()):
        return None
    person = _one(world.rng, [each for each, found in world.where.items() if found.kind != "not"])
    if person is None:
        return None
    found = world.where[person]
    return _is_in(world, person, found.places, "yes" if found.kind == "in" else "maybe", world.chain(found.sentence))


def _is_in(
    world: World, who: str, places: tuple[str, ...], answer: str, support: frozenset[int], other: float = 0.5
) -> Asked:
    """A question about one of the places, which has the answer, or about another one, which has the answer no.

    The latter has the probability ``other`` where the story names another place.
    """
    others = [place for place in world.places if place not in places and any(place in text for text in world.story)]
    if others and world.rng.random() < other:
        return Asked(f"Is {who} in the {world.rng.choice(others)}?", ("no",), support)
    return Asked(f"Is {who} in the {world.rng.choice(places)}?", (answer,), support)


def _of_carrier(world: World, form: str, answer: Callable[[list[str]], tuple[str, ...]]) -> Asked | None:
    person = _one(world.rng, [each for each in world.people if each in world.hands])
    if person is None:
        return None
    things, hands = world.carried(person), world.hands[person]
    told = [world.held[thing][1] for thing in things] or [hands[-1][0]]
    support = frozenset().union(*map(world.chain, told))
    more = support
    while (
        more
    ):  # Where these sentences also say that a thing came that is lost by now, those that say so are needed too.
        lost = {thing for row, thing in hands if row in support} - set(things)
        more = frozenset().union(*(world.chain(row) for row, thing in hands if thing in lost)) - support
        support |= more
    return Asked(form.format(person), answer(things), support)


def _stay(world: World, thing: str) -> Stay:
    """The last place of a thing, and the sentences that it rests on."""
    if thing not in world.held:
        stays = world.stays.get(thing)
        return stays[-1] if stays else Stay(None, frozenset())
    holder, sentence = world.held[thing]
    place = world.is_in(holder)
    return Stay(place, world.chain(sentence) | world.chain(world.where[holder].sentence) if place else frozenset())


def _one(rng: Random, found: Iterable[T]) -> T | None:
    those = list(found)
    return rng.choice(those) if those else None


def _now(rng: Random) -> str:
    return rng.choice(("", "", " now"))
