"""Stories that are puzzles: times of the day, sizes, and ways between places."""

from random import Random

from seqjax.data.text.story_questions import Asked
from seqjax.data.text.story_world import GO, Names

Told = tuple[list[str], Asked]

TIMES = ("yesterday", "this morning", "this afternoon", "this evening")
DIRECTIONS = {"north": (0, 1), "east": (1, 0), "south": (0, -1), "west": (-1, 0)}
OPPOSITE = {"north": "south", "south": "north", "east": "west", "west": "east"}


def times(rng: Random, names: Names) -> Told:
    """Asks where Ann was this morning, or before the park. Sentences come in any order."""
    people = [name for name, _ in rng.sample(names.people, rng.randint(1, 2))]
    places = rng.sample(names.places, 4)
    days = [
        (person, sorted(rng.sample(range(4), rng.randint(2, 4))), rng.sample(places, 4)) for person in people
    ]  # the times that a person's places are told of, and the places
    events = [(person, time, there[time]) for person, slots, there in days for time in slots]
    rng.shuffle(events)
    story = []
    for person, time, place in events:
        said = f"{rng.choice(GO)} the {place}"
        at_head = rng.random() < 0.5
        story.append(f"{TIMES[time].capitalize()} {person} {said}." if at_head else f"{person} {said} {TIMES[time]}.")
    person, slots, there = rng.choice(days)
    last = rng.randrange(len(slots))
    support = {events.index((person, slots[last], there[slots[last]]))}
    if last == 0 or rng.random() < 0.3:
        question = f"Where was {person} {TIMES[slots[last]]}?"
        return story, Asked(question, (there[slots[last]],), frozenset(support))
    earlier = slots[last - 1]
    support.add(events.index((person, earlier, there[earlier])))
    return story, Asked(f"Where was {person} before the {there[slots[last]]}?", (there[earlier],), frozenset(support))


def sizes(rng: Random, names: Names) -> Told:
    """Asks if the box is bigger than the cup. Sentences compare neighbours in size only."""
    things = rng.sample(names.things, rng.randint(3, 5))  # from the smallest to the largest
    pairs = list(range(len(things) - 1))
    rng.shuffle(pairs)
    forms = [f"The {{small}} {verb} the {{large}}." for verb in ("fits in", "is smaller than")]
    forms.append("The {large} is bigger than the {small}.")
    story = [rng.choice(forms).format(small=things[pair], large=things[pair + 1]) for pair in pairs]
    small, large = sorted(rng.sample(range(len(things)), 2))
    is_true = rng.random() < 0.5
    first, second = (things[small], things[large]) if is_true else (things[large], things[small])
    form = rng.choice(
        ("Does the {} fit in the {}?", "Is the {} smaller than the {}?", "Is the {1} bigger than the {0}?")
    )
    support = frozenset(row for row, pair in enumerate(pairs) if small <= pair < large)
    return story, Asked(form.format(first, second), ("yes" if is_true else "no",), support)


def ways(rng: Random, names: Names) -> Told:
    """Asks for the way from the park to the hall, which are both beside a third place, in two words."""
    names_left = rng.sample(names.places, rng.randint(3, 5))
    at = {names_left[0]: (0, 0)}
    edges: dict[tuple[str, str], str] = {}  # the direction from one place to its neighbour
    while len(at) < len(names_left):
        new, old, direction = names_left[len(at)], rng.choice(list(at)), rng.choice(list(DIRECTIONS))
        place = (at[old][0] + DIRECTIONS[direction][0], at[old][1] + DIRECTIONS[direction][1])
        if place not in at.values():
            at[new] = place
            edges[old, new] = direction
    pairs = list(edges)
    rng.shuffle(pairs)
    story = []
    for old, new in pairs:
        is_turned = rng.random() < 0.5
        one, other = (old, new) if is_turned else (new, old)
        direction = OPPOSITE[edges[old, new]] if is_turned else edges[old, new]
        story.append(f"The {one} is {direction} of the {other}.")
    steps = edges | {(new, old): OPPOSITE[direction] for (old, new), direction in edges.items()}
    routes = [(one, middle, last) for one, middle in steps for begin, last in steps if begin == middle and last != one]
    one, middle, last = rng.choice(routes)
    form = rng.choice(("How do you go from the {} to the {}?", "How does one get from the {} to the {}?"))
    used = ({one, middle}, {middle, last})
    support = frozenset(row for row, pair in enumerate(pairs) if set(pair) in used)
    return story, Asked(form.format(one, last), (steps[one, middle], steps[middle, last]), support)
