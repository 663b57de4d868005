"""Made-up dialogue acts with replies, for runs that need no data."""

import numpy as np

from seqjax.data.text.dialogue_acts import ActReply, DialogueAct, normalise_reply

NAMES = ("red door cafe", "blue fig", "old mill", "golden fork", "little garden", "seven stars", "marlowe", "sun inn")
FOODS = ("thai", "french", "indian", "sea food", "vegetarian", "basque")
AREAS = ("mission bay", "nob hill", "chinatown", "civic center")
OPENINGS = ("{name} is a nice place", "i can recommend {name}")


def made_up_replies(count: int, seed: int) -> list[ActReply]:
    """Acts of a small domain with two ways to say each, and the reply of rules.

    Args:
      count: Number of acts.
      seed: Source of the choice.
    """
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        act = DialogueAct.parse(_made_up_act(rng))
        found.append(ActReply(act, _reply(act, OPENINGS[rng.integers(2)]), _reply(act, "the place is {name}")))
    return found


def _made_up_act(rng: np.random.Generator) -> str:
    kind = rng.random()
    if kind < 0.1:
        return "goodbye()"
    if kind < 0.2:
        return f"?request({('food', 'area')[rng.integers(2)]})"
    slots = [f"name='{NAMES[rng.integers(len(NAMES))]}'"]
    if rng.random() < 0.7:
        slots.append(f"food='{FOODS[rng.integers(len(FOODS))]}'")
    if rng.random() < 0.5:
        slots.append(f"area='{AREAS[rng.integers(len(AREAS))]}'")
    if rng.random() < 0.5:
        slots.append(f"kidsallowed={('yes', 'no')[rng.integers(2)]}")
    return f"inform({';'.join(slots)})"


def _reply(act: DialogueAct, opening: str) -> str:
    slots = dict(act.slots)
    if act.type == "goodbye":
        return "thank you , goodbye"
    if act.type == "?request":
        return f"what {next(iter(slots))} would you like"
    parts = [opening.format(name=slots["name"])]
    ways = {"food": "it serves {} food", "area": "it is in {}"}
    parts += [way.format(slots[name]) for name, way in ways.items() if name in slots]
    if "kidsallowed" in slots:
        parts.append("children are welcome" if slots["kidsallowed"] == "yes" else "it has no place for children")
    return normalise_reply(" and ".join(parts))
