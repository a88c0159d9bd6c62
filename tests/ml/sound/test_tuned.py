"""The band's tuning: every pitched stem exactly so many cents from 440 Hz, in time, and the drums where they were."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from studio.core.arrangement import STEMS, Note, Part
from studio.core.audio import Audio
from studio.core.splice import splice_notes
from studio.dsp.resample import resample
from studio.ml.sound.excitation import excite
from studio.ml.sound.tuned import sections
from tests.ml.sound.test_synthesis import _arrangement

RATE = 44100


@pytest.mark.parametrize("cents", [-50.0, -32.0, 0.0, 30.0, 50.0])
def test_what_sounds_is_in_tune_and_in_time(cents: float) -> None:
    notes = (Note(0.5, 1.0, 57, 100), Note(7.25, 9.9, 57, 100))
    arrangement = _arrangement()
    parts = {**arrangement.parts, "lead": Part("flute", notes)}
    tuned = replace(arrangement, parts=parts, tuning_cents=cents)
    (section,) = sections(tuned, RATE, ("lead",))
    played = section.arrangement.parts["lead"].notes
    wave, _ = excite("lead", played, seed=0, start=0, frames=10 * section.sample_rate)
    heard = resample(Audio(wave[None], section.sample_rate), RATE).samples[0]
    # In time: the click of the second note's onset is where the note is, to a fifth of a millisecond.
    quiet = heard[round(7.0 * RATE) : round(7.25 * RATE) - 9]
    assert np.abs(quiet).max() < 0.25 * np.abs(heard[round(7.25 * RATE) : round(7.26 * RATE)]).max()
    steady = heard[round(7.4 * RATE) : round(9.8 * RATE)]
    spectrum = np.abs(np.fft.rfft(steady * np.hanning(len(steady)), 1 << 20))
    hz = np.arange(len(spectrum)) * RATE / (1 << 20)
    near = (hz > 200) & (hz < 240)
    found = hz[near][np.argmax(spectrum[near])]
    assert abs(1200 * np.log2(found / 220.0) - cents) < 1.0


def test_at_440_everything_is_one_section_and_nothing_is_moved() -> None:
    arrangement = _arrangement()
    (section,) = sections(arrangement, RATE)
    assert (section.stems, section.sample_rate) == (STEMS, RATE)
    assert section.arrangement.parts == arrangement.parts


def test_drums_keep_their_time_and_rate() -> None:
    arrangement = replace(_arrangement(), tuning_cents=30.0)
    drums, rest = sections(arrangement, RATE)
    assert (drums.stems, drums.sample_rate) == (("drums",), RATE)
    assert drums.arrangement.parts["drums"] == arrangement.parts["drums"]
    assert not drums.arrangement.parts["bass"].notes
    assert rest.stems == STEMS[1:]
    assert not rest.arrangement.parts["drums"].notes


def test_a_part_made_anew_keeps_the_tuning_of_its_song() -> None:
    from studio.core.candidate import Candidate
    from studio.core.request import Regenerate

    parent = Candidate(1, replace(_arrangement(), tuning_cents=-32.0), {})
    assert splice_notes(Regenerate(parent, None), _arrangement()).tuning_cents == -32.0
