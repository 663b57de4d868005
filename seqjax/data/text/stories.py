"""Made-up stories of small worlds, with questions of several skills and their answers."""

from collections.abc import Callable, Sequence
from random import Random

from seqjax.data.text.questions import Question
from seqjax.data.text.story_puzzles import Told, sizes, times, ways
from seqjax.data.text.story_questions import (
    Ask,
    before,
    carried,
    coreference,
    counting,
    either,
    giving,
    listing,
    negation,
    whereabouts,
    yes_no,
)
from seqjax.data.text.story_world import Names, World

KNOWN = Names(
    (
        *(("Ann", "she"), ("Bill", "he"), ("Daniel", "he"), ("Emily", "she"), ("Fred", "he"), ("Jeff", "he")),
        *(("John", "he"), ("Julie", "she"), ("Laura", "she"), ("Mary", "she"), ("Sandra", "she"), ("Tom", "he")),
    ),
    ("bathroom", "bedroom", "cinema", "garden", "hallway", "kitchen", "library", "office", "park", "school"),
    ("apple", "ball", "book", "box", "cup", "football", "hat", "key", "lamp", "milk"),
)
HELD_OUT = Names(
    (
        *(("Boris", "he"), ("Carmen", "she"), ("Felix", "he"), ("Hugo", "he"), ("Ingrid", "she"), ("Noor", "she")),
        *(("Omar", "he"), ("Pavel", "he"), ("Priya", "she"), ("Zoe", "she")),
    ),
    ("attic", "bakery", "cellar", "chapel", "harbour", "museum", "stable", "station"),
    ("blanket", "candle", "compass", "guitar", "ladder", "parcel", "teapot", "trumpet"),
)

# By skill, the question, the number of sentences, the frequencies of events, and the probability of pronouns.
MOVES, HANDS = {"go": 1.0}, {"go": 1.0, "take": 1.0, "drop": 0.3, "give": 0.3}
WORLDS: dict[str, tuple[Ask, tuple[int, int], dict[str, float], float]] = {
    "whereabouts": (whereabouts, (2, 8), HANDS | {"go": 2.0, "deny": 0.1}, 0.1),
    "carried": (carried, (3, 9), HANDS, 0.1),
    "before": (before, (3, 9), HANDS | {"go": 2.0}, 0.1),
    "giving": (giving, (3, 9), HANDS | {"give": 3.0}, 0.1),
    "counting": (counting, (3, 9), HANDS | {"take": 4.0}, 0.1),
    "listing": (listing, (3, 9), HANDS | {"take": 4.0}, 0.1),
    "yes_no": (yes_no, (2, 8), HANDS | {"go": 2.0}, 0.1),
    "negation": (negation, (2, 8), MOVES | {"deny": 0.5}, 0.1),
    "either": (either, (2, 8), MOVES | {"doubt": 0.5}, 0.1),
    "coreference": (coreference, (2, 8), MOVES | {"take": 0.2}, 0.8),
}
PUZZLES: dict[str, Callable[[Random, Names], Told]] = {"times": times, "sizes": sizes, "ways": ways}
SKILLS = (*WORLDS, *PUZZLES)


def stories(count: int, seed: int, *, held_out: bool = False, skills: Sequence[str] = SKILLS) -> list[Question]:
    """Makes up stories with a question each, as many of each skill.

    Question number i depends on i, the seed, the skills and ``held_out`` alone. Every answer follows from the sentences
    of ``Question.support``, read in order.

    Args:
      count: Number of questions.
      seed: Source of randomness.
      held_out: Whether people, places and things have other names than without it.
      skills: The skills, of :data:`SKILLS`.

    Raises:
      ValueError: For an unknown skill, or none.
    """
    if not skills or not set(skills) <= set(SKILLS):
        wrong = ", ".join(sorted(set(skills) - set(SKILLS))) or "none"
        raise ValueError(f"skills must be some of {', '.join(SKILLS)}, not {wrong}")
    names = HELD_OUT if held_out else KNOWN
    return [_story(Random(f"{seed} {held_out} {row}"), skills[row % len(skills)], names) for row in range(count)]


def _story(rng: Random, skill: str, names: Names) -> Question:
    if skill in PUZZLES:
        story, asked = PUZZLES[skill](rng, names)
        return Question(tuple(story), asked.question, asked.answer, tuple(sorted(asked.support)), skill)
    ask, lengths, weights, pronouns = WORLDS[skill]
    while True:
        world, length = World.draw(rng, names, pronouns), rng.randint(*lengths)
        while len(world.story) < length:
            world.happen(weights)
        found = ask(world)
        if found is not None:
            return Question(tuple(world.story), found.question, found.answer, tuple(sorted(found.support)), skill)
