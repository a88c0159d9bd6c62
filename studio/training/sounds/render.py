"""Playing an arrangement with recorded instruments and SoundFonts: the teacher's sound.

Stems come out dry and mono: rooms, width and bus colour belong to the mixing stage, which the application
applies to what the networks make. Only fonts whose licence allows shipping what is learnt from them (see
sources.py).
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import tinysoundfont
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from studio.core.arrangement import Arrangement, Note, Part
from studio.core.errors import StudioError
from studio.core.instruments import instrument
from studio.dsp.sampler.player import plan_stem, recipe_for
from studio.dsp.sampler.samples import SampleSets
from studio.training.sounds.voices import voice

Array = NDArray[np.float32]

SAMPLE_RATE = 44100
#: File and Debian package of each SoundFont.
FONTS = {
    "fluid": ("FluidR3_GM.sf2", "fluid-soundfont-gm"),
    "musescore": ("MuseScore_General_Lite.sf3", "musescore-general-soundfont-small"),
}
#: Where Linux distributions put SoundFonts.
_FONT_FOLDERS = ("/usr/share/sounds/sf2", "/usr/share/sounds/sf3", "/usr/share/soundfonts")
#: RMS that each instrument's test phrase is brought to, dBFS.
STEM_LEVEL_DB = {"drums": -21.0, "bass": -20.0, "harmony": -23.0, "lead": -23.0}


def font_path(font: str) -> Path:
    """The file of a SoundFont. Raises StudioError when it is not installed."""
    name, package = FONTS[font]
    for folder in _FONT_FOLDERS:
        path = Path(folder) / name
        if path.exists():
            return path
    raise StudioError(
        "A SoundFont to render with is missing", seen=f"no {name} in {', '.join(_FONT_FOLDERS)}",
        todo=f"apt-get install {package}, or put the file there",
    )  # fmt: skip


@lru_cache(maxsize=2)
def _synth(font: str) -> tuple[tinysoundfont.Synth, int]:
    synth = tinysoundfont.Synth(gain=-12, samplerate=SAMPLE_RATE)
    return synth, synth.sfload(str(font_path(font)))


def render_part(stem: str, part: Part, frames: int) -> Array:
    """One stem, dry mono float32 [frames], at the font's own level."""
    out = np.zeros((frames, 2), dtype=np.float32)
    if not part.notes:
        return out.mean(axis=1)
    preset = voice(stem, part.instrument)
    synth, font_id = _synth(preset.font)
    channel = 9 if stem == "drums" else 0
    synth.sounds_off(channel)
    synth.program_select(channel, font_id, preset.bank, preset.program, stem == "drums")
    events: list[tuple[int, int, int, int]] = []
    for note in part.notes:
        start = max(0, round(note.start_s * SAMPLE_RATE))
        events.append((start, 1, note.pitch, note.velocity))
        events.append((max(start + 1, round(note.end_s * SAMPLE_RATE)), 0, note.pitch, 0))
    position = 0
    for time, on, pitch, velocity in sorted(events):
        time = min(time, frames)
        if time > position:
            out[position:time] = np.frombuffer(synth.generate(time - position), dtype=np.float32).reshape(
                -1, 2
            )
            position = time
        if position >= frames:
            break
        if on:
            synth.noteon(channel, pitch, velocity)
        else:
            synth.noteoff(channel, pitch)
    if position < frames:
        out[position:] = np.frombuffer(synth.generate(frames - position), dtype=np.float32).reshape(-1, 2)
    synth.sounds_off(channel)
    synth.generate(SAMPLE_RATE // 4)  # what still rings fades now, not into the next part
    # Some pads of FluidR3 carry a constant offset.
    high_pass = butter(2, 25.0, "highpass", fs=SAMPLE_RATE, output="sos")
    return np.asarray(sosfilt(high_pass, out.mean(axis=1)), dtype=np.float32)


@lru_cache(maxsize=256)
def instrument_gain(stem: str, name: str) -> float:
    """The gain that brings a test phrase on this instrument to STEM_LEVEL_DB.

    A gain for each instrument, not for each song: what a note sounds like must not depend on notes far away, or
    the mel model would have to guess its level.
    """
    entry = instrument(stem, name)
    if stem == "drums":
        pitches = [36, 42, 38, 42] * 4
    else:
        low, high = max(entry.low, 40 if stem != "bass" else 28), min(entry.high, 76)
        pitches = [int(p) for p in np.linspace(low, high, 12)]
    notes = tuple(Note(0.4 * i, 0.4 * i + 0.38, p, 90) for i, p in enumerate(pitches))
    audio = render_part(stem, Part(name, notes), int(0.4 * len(pitches) * SAMPLE_RATE))
    voices = 3.0 if stem == "harmony" else 1.0
    rms = float(np.sqrt(np.mean(audio.astype(np.float64) ** 2) * voices))
    return 10.0 ** (STEM_LEVEL_DB[stem] / 20.0) / max(rms, 1e-4)


def render(
    arrangement: Arrangement, frames: int, sets: SampleSets | None = None, *, seed: int = 0
) -> dict[str, Array]:
    """All four stems, dry mono float32 [frames], at their instruments' levels.

    Args:
        sets: recordings for the instruments that have a recipe in dsp.sampler.recipes; SoundFonts play the rest.
        seed: of the players of recordings.
    """
    return {
        stem: render_stem(stem, part, frames, sets or {}, seed) for stem, part in arrangement.parts.items()
    }


def render_stem(stem: str, part: Part, frames: int, sets: SampleSets, seed: int) -> Array:
    """One stem of `render`."""
    if part.notes and recipe_for(stem, part.instrument, sets) is not None:
        return plan_stem(stem, part, sets, seed).render(0, frames).mean(axis=0)
    gain = instrument_gain(stem, part.instrument) if part.notes else 1.0
    return render_part(stem, part, frames) * np.float32(gain)
