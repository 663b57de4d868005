"""Speaks texts with the library espeak-ng: run as a program, so that the library is in a process of its own.

It reads the paths of the library and of its data and then one job a line, as JSON, from standard input, and writes for
each job to standard output the number of its samples, a 32-bit integer, and its samples, 16-bit integers.
"""

import ctypes
import json
import struct
import sys

SYNCHRONOUS, CHARACTERS = 2, 1  # AUDIO_OUTPUT_SYNCHRONOUS, espeakCHARS_UTF8
SPEED, PITCH, RANGE = 1, 3, 4  # espeakRATE, espeakPITCH, espeakRANGE

Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


def main() -> None:
    """Speaks every job."""
    library_path, data_path = json.loads(sys.stdin.readline())
    library = ctypes.CDLL(library_path)
    rate = library.espeak_Initialize(SYNCHRONOUS, 0, data_path.encode(), 0)
    if rate <= 0:
        sys.exit(f"espeak-ng cannot start with the data in {data_path}")
    samples = bytearray()

    def take(wave: "ctypes._Pointer[ctypes.c_short]", count: int, _: int | None) -> int:
        if wave and count > 0:
            samples.extend(ctypes.string_at(wave, 2 * count))
        return 0

    callback = Callback(take)
    library.espeak_SetSynthCallback(callback)
    sys.stdout.buffer.write(struct.pack("=i", rate))
    for line in sys.stdin:
        job = json.loads(line)
        if library.espeak_SetVoiceByName(job["voice"].encode()) != 0:
            sys.exit(f"espeak-ng has no voice {job['voice']!r}")
        for parameter, value in ((SPEED, job["speed"]), (PITCH, job["pitch"]), (RANGE, job["range"])):
            library.espeak_SetParameter(parameter, value, 0)
        text = job["text"].encode() + b"\0"
        library.espeak_Synth(text, len(text), 0, 0, 0, CHARACTERS, None, None)
        library.espeak_Synchronize()
        sys.stdout.buffer.write(struct.pack("=i", len(samples) // 2) + samples)
        samples.clear()


if __name__ == "__main__":
    main()
