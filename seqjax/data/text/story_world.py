"""A small world: people move, take, drop and give things, and every event is told in a sentence."""

from dataclasses import dataclass, field
from random import Random
from typing import Literal, NamedTuple

GO = ("went to", "walked to", "moved to", "travelled to", "went back to")
TAKE = ("took", "picked up", "grabbed")
DROP = ("dropped", "put down")
GIVE = ("gave", "handed", "passed")
THEN = ("Then", "After that", "Afterwards")


class Names(NamedTuple):
    """The names that a world draws from.

    Attributes:
      people: Pairs of a name and its pronoun.
      places: Places, which are called "the ...".
      things: Things, which are called "the ...".
    """

    people: tuple[tuple[str, str], ...]
    places: tuple[str, ...]
    things: tuple[str, ...]


class Whereabouts(NamedTuple):
    """The content of the last sentence about the place of a person.

    Attributes:
      kind: "in" a place, "not" in it, or "either" in one or in the other.
      places: The place or the two places.
      sentence: Index of the sentence.
    """

    kind: Literal["in", "not", "either"]
    places: tuple[str, ...]
    sentence: int


class Stay(NamedTuple):
    """A place of a person or thing, None if it is not known, and the sentences that it rests on."""

    place: str | None
    support: frozenset[int]


class Gift(NamedTuple):
    """A thing that a person gave to another one, and the index of the sentence."""

    giver: str
    thing: str
    receiver: str
    sentence: int


@dataclass
class World:
    """A world with the story of what happened in it.

    Attributes:
      rng: Source of the events and of their wording.
      people: Its people by name, with their pronouns.
      places: Its places.
      things: Its things.
      pronouns: Probability of a pronoun for the person that the sentence before is about.
      story: The sentences.
      where: The last whereabouts of each person who has been told of.
      held: By thing that is carried, its holder and the sentence that says so; in the order in which they came.
      hands: By person, the sentences in which they get or lose a thing, with the thing; in order.
      stays: The places of each person and thing, in order.
      gifts: What was given.
    """

    rng: Random
    people: dict[str, str]
    places: tuple[str, ...]
    things: tuple[str, ...]
    pronouns: float
    story: list[str] = field(default_factory=list)
    where: dict[str, Whereabouts] = field(default_factory=dict)
    held: dict[str, tuple[str, int]] = field(default_factory=dict)
    hands: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    stays: dict[str, list[Stay]] = field(default_factory=dict)
    gifts: list[Gift] = field(default_factory=list)
    _subjects: tuple[str, ...] = ()
    _refers: list[bool] = field(default_factory=list)

    @classmethod
    def draw(cls, rng: Random, names: Names, pronouns: float) -> "World":
        """A world of two to four people, four or five places and two to four things."""
        people = dict(rng.sample(names.people, rng.randint(2, 4)))
        places = rng.sample(names.places, rng.randint(4, 5))
        return cls(rng, people, tuple(places), tuple(rng.sample(names.things, rng.randint(2, 4))), pronouns)

    def happen(self, weights: dict[str, float]) -> None:
        """Lets something happen that can.

        Args:
          weights: The events that are tried, with their relative frequencies.
        """
        while not getattr(self, f"_{self.rng.choices(list(weights), [*weights.values()])[0]}")():
            pass

    def chain(self, sentence: int) -> frozenset[int]:
        """A sentence, and those before it that its pronoun refers to."""
        found = {sentence}
        while self._refers[sentence]:
            sentence -= 1
            found.add(sentence)
        return frozenset(found)

    def refers(self, sentence: int) -> bool:
        """True if a sentence has a pronoun for its subject."""
        return self._refers[sentence]

    def carried(self, person: str) -> list[str]:
        """The things that a person carries, in the order in which they came."""
        return [thing for thing, (holder, _) in self.held.items() if holder == person]

    def is_in(self, person: str) -> str | None:
        """The place that a person is known to be in."""
        found = self.where.get(person)
        return found.places[0] if found and found.kind == "in" else None

    def _tell(self, subjects: tuple[str, ...], rest: str) -> int:
        """Adds a sentence, and returns its index. A pronoun always stands for the subject of the sentence before."""
        refers = subjects == self._subjects and self.rng.random() < self.pronouns
        subject = " and ".join(subjects)
        if refers:
            pronoun = self.people[subjects[0]] if len(subjects) == 1 else "they"
            is_state = rest.startswith("is ")
            subject = pronoun.capitalize() if is_state else f"{self.rng.choice(THEN)} {pronoun}"
        self.story.append(f"{subject} {rest}.")
        self._refers.append(refers)
        self._subjects = subjects
        return len(self.story) - 1

    def _place(self, people: tuple[str, ...], whereabouts: Whereabouts) -> None:
        for person in people:
            self.where[person] = whereabouts
            place = self.is_in(person)
            self._stay(person, Stay(place, self.chain(whereabouts.sentence)))
            for thing in self.carried(person):
                self._stay(thing, Stay(place, self.chain(whereabouts.sentence) | self.chain(self.held[thing][1])))

    def _stay(self, name: str, stay: Stay) -> None:
        stays = self.stays.setdefault(name, [])
        if not stays or stays[-1].place is None or stays[-1].place != stay.place:
            stays.append(stay)

    def _hold(self, thing: str, person: str, sentence: int) -> None:
        self.held.pop(thing, None)
        self.held[thing] = (person, sentence)
        self.hands.setdefault(person, []).append((sentence, thing))
        place = self.is_in(person)
        support = self.chain(sentence) | (self.chain(self.where[person].sentence) if place else frozenset())
        self._stay(thing, Stay(place, support))

    # Events return False if they cannot happen.

    def _go(self) -> bool:
        is_group = self.rng.random() < self.pronouns / 2
        people = tuple(self.rng.sample(list(self.people), 1 + is_group))
        if self._subjects and self.rng.random() < self.pronouns:
            people = self._subjects  # who may then be called "they"
        place = self.rng.choice(self.places)
        if any(self.is_in(person) == place for person in people):
            return False
        is_state = len(people) == 1 and not self.stays.get(people[0]) and self.rng.random() < 0.5
        sentence = self._tell(people, f"{'is in' if is_state else self.rng.choice(GO)} the {place}")
        self._place(people, Whereabouts("in", (place,), sentence))
        return True

    def _deny(self) -> bool:
        person = self.rng.choice(list(self.people))
        place, known = self.is_in(person), person in self.where
        if known and not place:
            return False
        place, rest = (place, "is no longer in") if place else (self.rng.choice(self.places), "is not in")
        self._place((person,), Whereabouts("not", (place,), self._tell((person,), f"{rest} the {place}")))
        return True

    def _doubt(self) -> bool:
        person = self.rng.choice(list(self.people))
        one, other = self.rng.sample(self.places, 2)
        sentence = self._tell((person,), f"is either in the {one} or the {other}")
        self._place((person,), Whereabouts("either", (one, other), sentence))
        return True

    def _take(self) -> bool:
        person, thing = self.rng.choice(list(self.people)), self.rng.choice(self.things)
        stays = self.stays.get(thing)
        if thing in self.held or (stays and stays[-1].place != self.is_in(person)) or len(self.carried(person)) > 2:
            return False
        there = " there" if self.is_in(person) and self.rng.random() < 0.3 else ""
        self._hold(thing, person, self._tell((person,), f"{self.rng.choice(TAKE)} the {thing}{there}"))
        return True

    def _drop(self) -> bool:
        if not self.held:
            return False
        thing = self.rng.choice(list(self.held))
        person = self.held[thing][0]
        if not self.is_in(person):
            return False
        sentence = self._tell((person,), f"{self.rng.choice(DROP)} the {thing}")
        place_known_by = self.chain(sentence) | self.chain(self.where[person].sentence)
        del self.held[thing]
        self.hands[person].append((sentence, thing))
        self.stays[thing][-1] = Stay(self.is_in(person), place_known_by)
        return True

    def _give(self) -> bool:
        if not self.held:
            return False
        thing = self.rng.choice(list(self.held))
        giver, receiver = self.held[thing][0], self.rng.choice(list(self.people))
        places = {self.is_in(giver), self.is_in(receiver)} - {None}
        if receiver == giver or len(places) > 1 or len(self.carried(receiver)) > 2:
            return False
        verb = self.rng.choice(GIVE)
        told = f"{verb} the {thing} to {receiver}" if self.rng.random() < 0.7 else f"{verb} {receiver} the {thing}"
        sentence = self._tell((giver,), told)
        self.hands[giver].append((sentence, thing))
        self.gifts.append(Gift(giver, thing, receiver, sentence))
        self._hold(thing, receiver, sentence)
        return True
