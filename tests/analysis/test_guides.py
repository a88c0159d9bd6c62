"""Guides: their beats within 10 ms, their chords, and what a session's tempo map says, exactly."""

from __future__ import annotations

import io

import mido
import numpy as np
import pytest

from studio.analysis.guide_beats import hear_guide
from studio.analysis.guide_midi import guide_of_midi
from studio.analysis.guide_sessions import guide_of_dawproject, guide_of_rpp
from studio.analysis.heard_chords import chroma, hear_chords
from studio.analysis.pitch import resample_mono
from studio.core.audio import Audio
from studio.core.errors import StudioError
from studio.core.guide import Guide, guide_of_tempos
from studio.core.music import Chord, Key, Meter
from tests.analysis.guide_songs import RATE, beats, click, drum_loop, strummed

SONG_S = 24.0


def _off_ms(guide: Guide, truth: np.ndarray) -> float:
    heard = np.array(guide.times_s)
    return 1000 * max(float(np.abs(heard - t).min()) for t in truth)


@pytest.mark.parametrize("size", [3, 4])
def test_a_click_gives_beats_and_bars(size: int) -> None:
    truth = beats(96.0, 0.37, SONG_S)
    guide = hear_guide(click(truth, SONG_S, size), "click.wav")
    assert _off_ms(guide, truth) < 10
    assert guide.tempo_bpm == pytest.approx(96.0, abs=0.02)
    assert guide.steady
    assert guide.meter.quarters_per_bar == size
    first = np.array(guide.grid(SONG_S).downbeats_s)
    assert min(abs(first - truth[size])) < 0.01


@pytest.mark.parametrize("swing", [1 / 2, 2 / 3])
def test_a_drum_loop_with_swung_hats_gives_beats(swing: float) -> None:
    truth = beats(96.0, 0.37, SONG_S)
    guide = hear_guide(drum_loop(truth, SONG_S, swing), "drums.wav")
    assert _off_ms(guide, truth) < 10
    assert guide.tempo_bpm == pytest.approx(96.0, abs=0.05)


def test_a_strummed_guitar_gives_beats_bars_and_chords() -> None:
    truth, chords = beats(88.0, 0.6, SONG_S), list(Chord.parse_many("Am F C G"))
    audio = strummed(truth, SONG_S, chords, cents=-25.0)
    guide = hear_guide(audio, "guitar.wav")
    assert _off_ms(guide, truth) < 10
    heard = hear_chords(chroma(resample_mono(audio)), np.array(guide.times_s), 4, guide.downbeat)
    grid = guide.grid(SONG_S)
    assert np.abs(np.array(grid.downbeats_s) - truth[4]).min() < 0.01
    right = [
        chord.root == chords[int((time - truth[0]) / (truth[4] - truth[0])) % 4].root
        for chord, time in zip(heard, np.array(guide.times_s[:-1]) + 0.3, strict=True)
        if truth[0] < time < truth[-1]
    ]
    assert np.mean(right) > 0.9


def test_a_drummer_who_speeds_up_is_followed() -> None:
    gaps = np.linspace(0.62, 0.56, 40)
    truth = 0.4 + np.concatenate([[0.0], np.cumsum(gaps)])
    length = float(truth[-1]) + 0.5
    guide = hear_guide(click(truth, length), "click.wav")
    assert not guide.steady
    assert _off_ms(guide, truth[2:-2]) < 10


def test_a_tempo_that_is_known_settles_the_octave() -> None:
    truth = beats(140.0, 0.2, SONG_S)
    slow = hear_guide(drum_loop(truth, SONG_S, 1 / 2), "drums.wav", tempo_bpm=70.0)
    assert slow.tempo_bpm == pytest.approx(70.0, abs=0.05)


def test_silence_is_no_guide() -> None:
    with pytest.raises(StudioError, match="0 strokes"):
        hear_guide(Audio(np.zeros((1, 4 * RATE), np.float32), RATE), "nothing.wav")


def test_a_guide_goes_on_beyond_its_ends_and_knows_its_chords() -> None:
    chords = (*[Chord(0)] * 4, *[Chord(5)] * 4)
    guide = Guide(tuple(1.0 + 0.5 * i for i in range(9)), 0, Meter(4, 4), "x", chords)
    grid = guide.grid(8.0)
    assert grid.times_s[0] == pytest.approx(-1.0)
    assert grid.times_s[-1] >= 8.0
    assert guide.bar_chords(grid)[:3] == (Chord(0), Chord(0), Chord(5))
    assert guide.later(-1.0).times_s[0] == pytest.approx(0.0)


def _midi(*, chords: bool) -> bytes:
    file = mido.MidiFile(ticks_per_beat=480)
    conductor, keys = mido.MidiTrack(), mido.MidiTrack()
    conductor.append(mido.MetaMessage("time_signature", numerator=1, denominator=4))
    conductor.append(mido.MetaMessage("key_signature", key="Am"))
    conductor.append(mido.MetaMessage("set_tempo", tempo=600_000))
    conductor.append(mido.MetaMessage("time_signature", numerator=3, denominator=4, time=480))
    conductor.append(mido.MetaMessage("set_tempo", tempo=500_000, time=480 * 6))
    for root, third in ((57, 3), (53, 4)):
        for bar in range(2):
            for pitch in (root, root + third, root + 7):
                keys.append(mido.Message("note_on", note=pitch, velocity=80, time=0))
            for i, pitch in enumerate((root, root + third, root + 7)):
                keys.append(mido.Message("note_off", note=pitch, time=480 * 3 if i == 0 else 0))
            del bar
    file.tracks += [conductor, keys] if chords else [conductor]
    out = io.BytesIO()
    file.save(file=out)
    return out.getvalue()


def test_a_midi_file_gives_its_tempo_map_its_bars_and_its_chords() -> None:
    guide = guide_of_midi(_midi(chords=True), "song.mid")
    assert guide.times_s[:9] == pytest.approx([0.6 * i for i in range(8)] + [4.7])
    assert (guide.meter, guide.downbeat, guide.key) == (Meter(3, 4), 1, Key(9, "minor"))
    assert not guide.steady
    assert guide.chords[:3] == (Chord(9, "min"),) * 3
    assert guide.chords[7:11] == (Chord(5),) * 4
    assert guide_of_midi(_midi(chords=False), "song.mid").chords == ()


def test_a_key_signature_that_is_none_costs_the_key_alone() -> None:
    whole = guide_of_midi(_midi(chords=True), "song.mid")
    data = _midi(chords=True)
    assert data.count(b"\xff\x59\x02\x00\x01") == 1  # A minor
    for sharps, mode in ((0, 2), (9, 0)):
        guide = guide_of_midi(
            data.replace(b"\xff\x59\x02\x00\x01", bytes((0xFF, 0x59, 2, sharps, mode))), "x.mid"
        )
        assert guide.key is None
        assert (guide.times_s, guide.meter, guide.chords) == (whole.times_s, whole.meter, whole.chords)


@pytest.mark.parametrize("data", [b"", b"RIFF", b"MThd\0\0\0\6\0\1\0\1\0\0"])
def test_what_is_no_midi_is_refused(data: bytes) -> None:
    with pytest.raises(StudioError, match=r"broken\.mid"):
        guide_of_midi(data, "broken.mid")


_DAW = """<?xml version="1.0" encoding="UTF-8"?>
<Project version="1.0"><Application name="x" version="1"/>
<Transport><Tempo unit="bpm" value="96.0" id="id0"/><TimeSignature numerator="4" denominator="4" id="id1"/></Transport>
<Arrangement><Lanes timeUnit="beats"><Clips><Clip time="8.0" duration="32.0">
<Audio channels="1" duration="20" sampleRate="44100"><File path="audio/Lead Vox.wav"/></Audio></Clip></Clips></Lanes>
{automation}</Arrangement></Project>"""
_AUTOMATION = """<TempoAutomation timeUnit="beats"><RealPoint time="0.0" value="96.0"/>
<RealPoint time="16.0" value="120.0"/></TempoAutomation>"""


def test_a_dawproject_gives_its_tempo_map_from_where_the_vocal_lies() -> None:
    steady = guide_of_dawproject(_DAW.format(automation="").encode(), "song.dawproject")
    assert steady.steady
    assert steady.tempo_bpm == pytest.approx(96.0)
    assert len(steady.times_s) == 41
    guide = guide_of_dawproject(
        _DAW.format(automation=_AUTOMATION).encode(), "song.dawproject", "lead vox.wav"
    )
    assert guide.times_s[0] == pytest.approx(-8 * 60 / 96)
    assert guide.times_s[8] == pytest.approx(0.0)
    assert np.diff(guide.times_s)[[15, 16]] == pytest.approx([60 / 96, 0.5])


def test_xml_that_could_expand_is_refused() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa">]><Project>&a;</Project>'
    with pytest.raises(StudioError, match="document type"):
        guide_of_dawproject(bomb.encode(), "bomb.dawproject")
    with pytest.raises(StudioError, match="broken XML"):
        guide_of_dawproject(b"<Project", "half.dawproject")
    with pytest.raises(StudioError, match="no tempo"):
        guide_of_dawproject(b"<Project/>", "empty.dawproject")


_RPP = """<REAPER_PROJECT 0.1 "7.0" 1700000000
  TEMPO 100 3 4
{envelope}  <TRACK
    <ITEM
      POSITION 2.4
      SOFFS 0
      <SOURCE WAVE
        FILE "Media\\Lead.wav"
      >
    >
  >
>
"""
_ENVELOPE = """  <TEMPOENVEX
    ACT 1 -1
    PT 0.000000000000 100.0 1
    PT 3.600000000000 120.0 1
  >
"""


def test_a_reaper_project_gives_its_tempo_map_from_where_the_vocal_lies() -> None:
    guide = guide_of_rpp(_RPP.format(envelope=""), "song.rpp", "Lead.wav")
    assert guide.times_s[:5] == pytest.approx([-2.4, -1.8, -1.2, -0.6, 0.0], abs=1e-6)
    assert (guide.meter, guide.steady) == (Meter(3, 4), True)
    mapped = guide_of_rpp(_RPP.format(envelope=_ENVELOPE), "song.rpp")
    assert np.diff(mapped.times_s)[[5, 6]] == pytest.approx([0.6, 0.5])


def test_other_texts_are_refused() -> None:
    with pytest.raises(StudioError, match="REAPER project"):
        guide_of_rpp("hello", "song.rpp")
    with pytest.raises(StudioError, match="no tempo"):
        guide_of_rpp("<REAPER_PROJECT 0.1\n>", "song.rpp")
    with pytest.raises(StudioError, match="11/8"):
        guide_of_rpp(_RPP.format(envelope="").replace("100 3 4", "100 11 8"), "song.rpp")


def test_a_tempo_map_changes_within_a_quarter() -> None:
    guide = guide_of_tempos([(0.0, 60.0), (1.5, 120.0)], 4, meter=Meter(4, 4), source="x")
    assert guide.times_s == pytest.approx((0.0, 1.0, 1.75, 2.25, 2.75))


def test_seven_eighths_are_counted_in_eighths() -> None:
    guide = guide_of_rpp(_RPP.format(envelope="").replace("100 3 4", "100 7 8"), "song.rpp")
    assert np.diff(guide.times_s) == pytest.approx(0.3)
    assert guide.tempo_bpm == pytest.approx(100.0)
    assert np.diff(guide.grid(20.0).downbeats_s) == pytest.approx(2.1)
