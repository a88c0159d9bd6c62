"""Rendering with SoundFonts, where they are installed."""

from __future__ import annotations

import numpy as np
import pytest

from studio.core.arrangement import STEMS, Arrangement, Note, Part
from studio.core.errors import StudioError
from studio.core.grid import BeatGrid
from studio.core.instruments import choices
from studio.core.music import Key, Meter
from studio.dsp.sampler.player import plan_stem
from studio.dsp.sampler.samples import RATE
from tests.dsp.sampler.recordings import notes, sine_set

render = pytest.importorskip("studio.training.sounds.render", reason="tinysoundfont is not installed")
try:
    for name in render.FONTS:
        render.font_path(name)
except StudioError as error:
    pytest.skip(str(error), allow_module_level=True)


def test_recordings_play_what_they_have_and_fonts_the_rest() -> None:
    grid = BeatGrid.regular(120.0, Meter(4, 4), 2.0)
    parts = {stem: Part("none", ()) for stem in STEMS}
    parts |= {"bass": Part("finger bass", notes(40)), "lead": Part("flute", notes(72))}
    arrangement = Arrangement(grid, Key(0, "major"), "pop", (), parts)
    sets = {"bass_finger": sine_set("bass_finger")}
    made, fonts = render.render(arrangement, RATE, sets), render.render(arrangement, RATE)
    np.testing.assert_array_equal(made["lead"], fonts["lead"])
    np.testing.assert_array_equal(made["bass"], plan_stem("bass", parts["bass"], sets, 0).render(0, RATE)[0])
    assert not made["drums"].any()


ALL = [(stem, entry.name) for stem in STEMS for entry in choices(stem)[1:]]


@pytest.mark.parametrize(("stem", "name"), ALL, ids=[name for _, name in ALL])
def test_every_instrument_sounds_at_its_pitch_and_level(stem: str, name: str) -> None:
    entry = next(e for e in choices(stem) if e.name == name)
    pitch = 38 if stem == "drums" else min(max((entry.low + entry.high) // 2, entry.low), entry.high)
    rate = render.SAMPLE_RATE
    audio = render.render_part(stem, Part(name, (Note(0.1, 1.0, pitch, 100),)), rate)
    audio = audio * render.instrument_gain(stem, name)
    body = audio[int(0.15 * rate) : int(0.4 * rate)].astype(float)
    level_db = 20 * np.log10(np.sqrt(np.mean(body**2)) + 1e-9)
    assert -60 < level_db < 0, "silent or far too loud"
    assert not audio[: int(0.09 * rate)].any()
    if stem != "drums" and name != "glockenspiel":  # whose loudest partial is no harmonic
        spectrum = np.abs(np.fft.rfft(body * np.hanning(len(body)), 1 << 17))
        frequencies = np.fft.rfftfreq(1 << 17, 1 / rate)
        tone = 440.0 * 2 ** ((pitch - 69) / 12)
        best = 0.0
        for harmonic in (0.5, 1, 2, 3, 4):
            near = np.abs(frequencies / (tone * harmonic) - 1) < 0.02
            best = max(best, float(spectrum[near].max()))
        assert best > 0.5 * spectrum[frequencies > 30].max(), "not at its pitch"
