"""Where notes lie beside the singer: the register of chords and their voicings, the octave of a phrase.

Rules, not learnt. A note covers the voice where their partials meet; players avoid that as arrangers do, by another
inversion, register or octave, never by other notes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from studio.core.grid import STEPS_PER_BEAT
from studio.core.instruments import Instrument
from studio.core.music import Chord

#: Partials of a played note: semitones above it, and how much each is heard.
_PARTIALS = ((0, 1.0), (12, 0.7), (19, 0.49), (24, 0.34), (28, 0.24), (31, 0.17))
#: What a voice that covers the singer costs in `voice_chord`, in semitones of movement: at this, voices move by 1.25
#: semitones from chord to chord where they would by 1.0, and a band shares a third less of a voice's spectrum.
_MASKING = 60.0
#: Close voicings below C3 are mud.
_LOWEST = 48
#: Where a player of chords may sit, in semitones from the usual register.
_REGISTERS = (0, -4, 4, 7)


def masking_of(salience: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much of the singer a note of each pitch would cover, 0 to 1, [beats, 128]: where their partials meet."""
    covered = np.zeros_like(salience)
    for semitones, weight in _PARTIALS:
        covered[:, : 128 - semitones] += weight * salience[:, semitones:]
    return covered / sum(weight for _, weight in _PARTIALS)


def voice_chord(
    chord: Chord,
    previous: tuple[int, ...] | None,
    centre: int,
    masking: NDArray[np.float64] | None = None,
) -> tuple[int, ...]:
    """Voices of a chord, low to high, about `centre`, moving little from `previous` and clear of the singer.

    Args:
        masking: for each MIDI pitch, how much of the singer it would cover, 0 to 1, [128].
    """
    classes = chord.pitch_classes
    options = []
    for turn in range(len(classes)):
        rotated = classes[turn:] + classes[:turn]
        low = centre - 8 + (rotated[0] - (centre - 8)) % 12
        for base in (low - 12, low):
            voices = [base]
            for pitch_class in rotated[1:]:
                voices.append(voices[-1] + (pitch_class - voices[-1]) % 12)
            options.append(tuple(voices))
    options = [voices for voices in options if voices[0] >= _LOWEST] or options

    def cost(voices: tuple[int, ...]) -> float:
        middle = abs(float(np.mean(voices)) - centre)
        covered = 0.0 if masking is None else _MASKING * float(masking[list(voices)].sum())
        if previous is None:
            return middle + covered
        return sum(min(abs(v - p) for p in previous) for v in voices) + 0.35 * middle + covered

    return min(options, key=cost)


def voicings_of(chords: Sequence[Chord], centre: int, masking: NDArray[np.float64]) -> list[tuple[int, ...]]:
    """The voicing of each quarter; empty where there is no chord. `masking` as of `masking_of`.

    The player sits down in the register about `centre` that is least the singer's, and stays there.
    """

    def cost(register: int) -> float:
        covered = [masking[beat, list(voices)].sum() for beat, voices in enumerate(options[register])]
        return _MASKING * float(np.mean(covered)) + 0.35 * abs(register)

    options = {register: _voiced(chords, centre + register, masking) for register in _REGISTERS}
    return options[min(_REGISTERS, key=cost)]


def turned(voices: tuple[int, ...]) -> tuple[int, ...]:
    """The next inversion up: the lowest voice an octave higher, for a chord that is told again and should move."""
    return (*voices[1:], voices[0] + 12) if voices else voices


def _voiced(chords: Sequence[Chord], centre: int, masking: NDArray[np.float64]) -> list[tuple[int, ...]]:
    """`voicings_of` in a register that is chosen."""
    voicings: list[tuple[int, ...]] = []
    previous: tuple[int, ...] | None = None
    for beat, chord in enumerate(chords):
        if beat and chord == chords[beat - 1]:
            voicings.append(voicings[-1])
            continue
        if chord.root is None:
            voicings.append(())
            continue
        until = next((b for b in range(beat, len(chords)) if chords[b] != chord), len(chords))
        previous = voice_chord(chord, previous, centre, masking[beat:until].mean(0))
        voicings.append(previous)
    return voicings


def clear_octave(
    phrase: Sequence[tuple[int, int, int]], masking: NDArray[np.float64], instrument: Instrument
) -> int:
    """Semitones, whole octaves, by which a phrase is moved out of the singer's way; 0 where it is clear already.

    Args:
        phrase: (start, end, MIDI pitch) of each note, in steps, all within the instrument's range.
        masking: as of `masking_of`.
    """
    start, end, pitch = np.array(phrase).T
    beat = np.minimum((start + end) // 2 // STEPS_PER_BEAT, len(masking) - 1)

    def cost(octave: int) -> float:
        covered = np.average(masking[beat, pitch + octave], weights=end - start)
        return _MASKING * float(covered) + 0.35 * abs(octave)

    lowest, highest = instrument.low - int(pitch.min()), instrument.high - int(pitch.max())
    return min((octave for octave in (0, -12, 12) if lowest <= octave <= highest), key=cost)
