"""Notes, tempi and metres of the tracks of a MIDI file, as lists of messages."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from seqjax.data.music.notes import Note
from seqjax.data.music.timing import TEMPO, Timing

DRUMS = 9  # the channel of percussion, whose note numbers are not pitches
PEDAL, PEDAL_DOWN = 64, 64  # the controller of the sustain pedal, and the lowest value at which it is down
SILENCE = (120, 123)  # controllers that end all notes of a channel

Key = tuple[int, int]  # channel and MIDI number


def played_notes(tracks: Sequence[Iterable[Any]], ticks: int) -> Iterator[Note]:
    """Yields all notes but those of percussion.

    A note starts and ends in one track. It sounds until its key is released, or until the pedal of its channel is
    lifted if that is later; a key that is never released sounds to the end of the file.

    Args:
      tracks: Messages of each track; their ``time`` is the number of ticks since the message before.
      ticks: Ticks per quarter note.
    """
    timed = [[*_timed(track)] for track in tracks]
    end = max((time for track in timed for time, _ in track[-1:]), default=0)
    pedals = _pedals(timed)
    for track in timed:
        for (channel, number), start, stop in _pressed_keys(track, end):
            yield Note(start / ticks, _release(pedals[channel], stop, end) / ticks, number)


def read_timing(tracks: Iterable[Iterable[Any]], ticks: int) -> Timing:
    """The tempi and metres of a file; 120 quarter notes per minute and four quarters where it names none."""
    tempi, metres = [(0.0, TEMPO)], [(0.0, 4, 4)]
    for time, message in sorted((pair for track in tracks for pair in _timed(track)), key=lambda pair: pair[0]):
        if message.type == "set_tempo" and message.tempo > 0:
            tempi.append((time / ticks, 6e7 / message.tempo))
        elif message.type == "time_signature" and message.numerator > 0:
            metres.append((time / ticks, message.numerator, message.denominator))
    return Timing.of(tempi, metres)


def _timed(track: Iterable[Any]) -> Iterator[tuple[int, Any]]:
    """Yields messages with their times in ticks from the start."""
    now = 0
    for message in track:
        now += message.time
        yield now, message


def _pressed_keys(track: Iterable[tuple[int, Any]], end: int) -> Iterator[tuple[Key, int, int]]:
    """Yields keys with the times at which they are pressed and released.

    A release ends all earlier presses of its key. One at the same time as a press belongs to the press before, if there
    is one.
    """
    pressed: dict[Key, list[int]] = defaultdict(list)
    for time, message in track:
        if message.type in ("note_on", "note_off") and message.channel != DRUMS:
            key = (message.channel, message.note)
            if message.type == "note_on" and message.velocity:
                pressed[key].append(time)
                continue
            earlier = [start for start in pressed[key] if start < time]
            yield from ((key, start, time) for start in earlier or pressed[key])
            pressed[key] = pressed[key][len(earlier) :] if earlier else []
        elif message.type == "control_change" and message.control in SILENCE:
            for key in [each for each in pressed if each[0] == message.channel]:
                yield from ((key, start, time) for start in pressed.pop(key))
    for key, starts in pressed.items():
        yield from ((key, start, end) for start in starts)


def _pedals(tracks: Iterable[Iterable[tuple[int, Any]]]) -> dict[int, list[tuple[int, bool]]]:
    """The pedal of each channel, over all tracks: times, and True where it goes down."""
    pedals: dict[int, list[tuple[int, bool]]] = defaultdict(list)
    for track in tracks:
        for time, message in track:
            if message.type == "control_change" and message.control == PEDAL:
                pedals[message.channel].append((time, message.value >= PEDAL_DOWN))
    return defaultdict(list, {channel: sorted(moves, key=lambda move: move[0]) for channel, moves in pedals.items()})


def _release(pedal: Sequence[tuple[int, bool]], stop: int, end: int) -> int:
    """The time when a note ends whose key is released at ``stop``: then, or when the pedal is lifted."""
    index = bisect_right(pedal, stop, key=lambda move: move[0])
    if not index or not pedal[index - 1][1]:
        return stop
    return next((time for time, is_down in pedal[index:] if not is_down), end)
