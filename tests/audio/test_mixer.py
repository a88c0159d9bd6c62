"""The mixing promises, without a device: exact samples, same-sample switches, exact loops, no steps."""

from __future__ import annotations

import numpy as np
import pytest

from studio.audio.mixer import Mixer

RATE = 48000
RAMP = round(0.008 * RATE)


def noise(seed: int, frames: int = 20000) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.5, 0.5, (2, frames)).astype(np.float32)


def render(mixer: Mixer, frames: int, block: int = 500) -> np.ndarray:
    """[2, frames], rendered in blocks."""
    out = np.empty((frames, 2), np.float32)
    for at in range(0, frames, block):
        mixer.render(out[at : at + block])
    return out.T.copy()


def mixer_of(**sources: np.ndarray) -> Mixer:
    mixer = Mixer(RATE, max(s.shape[1] for s in sources.values()))
    for key, samples in sources.items():
        mixer.add(key, samples)
    return mixer


def test_plays_the_very_samples_from_the_start() -> None:
    vocal = noise(1)
    mixer = mixer_of(vocal=vocal)
    mixer.set_gains({"vocal": 1.0})
    mixer.play()
    assert np.array_equal(render(mixer, 3000, block=333), vocal[:, :3000])
    assert mixer.position == 3000


def test_gains_set_while_it_stood_are_there_from_the_first_sample() -> None:
    old, click = noise(1), noise(2)
    mixer = mixer_of(old=old, click=click)
    mixer.set_gains({"old": 1.0})
    render(mixer, 1000)
    mixer.set_gains({"click": 0.5})
    mixer.play()
    assert np.array_equal(render(mixer, 1000), click[:, :1000] * np.float32(0.5))


def test_one_block_longer_than_the_buffers_is_whole() -> None:
    vocal = noise(1)
    mixer = mixer_of(vocal=vocal)
    mixer.set_gains({"vocal": 1.0})
    mixer.play()
    assert np.array_equal(render(mixer, 15000, block=15000), vocal[:, :15000])


def test_stopped_is_silent_and_stays_where_it_is() -> None:
    mixer = mixer_of(vocal=noise(1))
    mixer.set_gains({"vocal": 1.0})
    assert not render(mixer, 2000).any()
    assert mixer.position == 0
    assert not mixer.playing


def test_switching_candidates_crossfades_on_one_sample_and_moves_nothing() -> None:
    a, b = noise(2), noise(3)
    mixer = mixer_of(a=a, b=b)
    mixer.set_gains({"a": 1.0})
    mixer.play()
    first = render(mixer, 1000)
    mixer.set_gains({"b": 1.0})
    second = render(mixer, 2000)
    rise = (np.arange(1, RAMP + 1) / RAMP).astype(np.float32)
    fading = slice(1000, 1000 + RAMP)
    assert np.array_equal(first, a[:, :1000])
    np.testing.assert_allclose(second[:, :RAMP], a[:, fading] * (1 - rise) + b[:, fading] * rise, atol=1e-6)
    assert np.array_equal(second[:, RAMP:], b[:, 1000 + RAMP : 3000])


def test_a_switch_in_the_middle_of_a_switch_has_no_step() -> None:
    ones = np.ones((2, 20000), np.float32)
    mixer = mixer_of(a=ones, b=ones * 0.5, c=-ones)
    mixer.set_gains({"a": 1.0})
    mixer.play()
    parts = []
    for key in ("b", "c", "a", "b"):
        mixer.set_gains({key: 1.0})
        parts.append(render(mixer, RAMP // 3, block=RAMP // 3))
    parts.append(render(mixer, 1000))
    out = np.concatenate(parts, axis=1)
    assert np.abs(np.diff(out[0])).max() < 2.2 / RAMP
    assert out[0, -1] == 0.5


def test_stems_sum() -> None:
    a, b = noise(2), noise(3)
    mixer = mixer_of(a=a, b=b)
    mixer.set_gains({"a": 1.0, "b": 0.25})
    mixer.play()
    np.testing.assert_allclose(render(mixer, 1000), a[:, :1000] + b[:, :1000] * 0.25, atol=1e-7)


def test_a_loop_repeats_to_the_sample() -> None:
    vocal = noise(4)
    mixer = mixer_of(vocal=vocal)
    mixer.set_gains({"vocal": 1.0})
    start, end = 2000, 5001  # no multiple of the block
    mixer.set_loop((start, end))
    mixer.seek(start)
    mixer.play()
    out = render(mixer, 3 * (end - start))
    inside = vocal[:, start:end]
    for turn in range(3):
        heard = out[:, turn * (end - start) : (turn + 1) * (end - start)]
        assert np.array_equal(heard[:, RAMP:], inside[:, RAMP:])
    # The seam itself: the old place fades out over exactly one ramp while the new fades in.
    rise = (np.arange(1, RAMP + 1) / RAMP).astype(np.float32)
    seam = inside[:, :RAMP] * rise + vocal[:, end : end + RAMP] * (1 - rise)
    np.testing.assert_allclose(out[:, end - start : end - start + RAMP], seam, atol=1e-6)
    assert mixer.position == start


def test_a_loop_behind_the_playhead_is_not_jumped_to() -> None:
    mixer = mixer_of(vocal=noise(4))
    mixer.set_loop((0, 1000))
    mixer.seek(3000)
    mixer.play()
    render(mixer, 2000)
    assert mixer.position == 5000


def test_a_seek_while_playing_lands_exactly_and_without_a_step() -> None:
    ramp_signal = np.linspace(0, 1, 20000, dtype=np.float32)[None].repeat(2, 0)
    mixer = mixer_of(vocal=ramp_signal)
    mixer.set_gains({"vocal": 1.0})
    mixer.play()
    before = render(mixer, 1000)
    mixer.seek(12000)
    assert mixer.position == 12000
    after = render(mixer, 1000)
    assert np.array_equal(after[:, RAMP:], ramp_signal[:, 12000 + RAMP : 13000])
    assert np.abs(np.diff(np.concatenate([before[0], after[0]]))).max() < 1.1 / RAMP


def test_pausing_fades_out_and_keeps_the_place() -> None:
    ones = np.ones((2, 20000), np.float32)
    mixer = mixer_of(vocal=ones)
    mixer.set_gains({"vocal": 1.0})
    mixer.play()
    render(mixer, 1000)
    mixer.pause()
    out = render(mixer, 1000)
    assert mixer.position == 1000
    assert np.abs(np.diff(out[0])).max() < 1.1 / RAMP
    assert not out[:, RAMP:].any()


def test_a_seek_then_play_before_the_next_block_keeps_both() -> None:
    mixer = mixer_of(vocal=noise(1))
    mixer.seek(700)
    mixer.play()
    render(mixer, 100, block=100)
    assert mixer.position == 800
    assert mixer.playing


def test_stops_at_the_end_and_starts_over() -> None:
    vocal = noise(1, 3000)
    mixer = mixer_of(vocal=vocal)
    mixer.set_gains({"vocal": 1.0})
    mixer.play()
    out = render(mixer, 5000)
    assert not out[:, 3000:].any()
    assert not mixer.playing
    assert mixer.position == 3000
    mixer.play()
    assert np.array_equal(render(mixer, 500), vocal[:, :500])


def test_adding_and_removing_a_source_does_not_touch_what_plays() -> None:
    vocal = noise(1)
    mixer = mixer_of(vocal=vocal)
    mixer.set_gains({"vocal": 1.0})
    mixer.play()
    out = [render(mixer, 1000)]
    mixer.add("late", noise(9))
    out.append(render(mixer, 1000))
    mixer.remove("late")
    out.append(render(mixer, 1000))
    assert np.array_equal(np.concatenate(out, axis=1), vocal[:, :3000])


@pytest.mark.parametrize("channels", [1, 4])
def test_other_channel_counts(channels: int) -> None:
    vocal = noise(1)
    mixer = mixer_of(vocal=vocal)
    mixer.set_gains({"vocal": 1.0})
    mixer.play()
    out = np.empty((1000, channels), np.float32)
    mixer.render(out)
    if channels == 1:
        np.testing.assert_allclose(out[:, 0], vocal[:, :1000].mean(axis=0), atol=1e-7)
    else:
        assert np.array_equal(out[:, :2].T, vocal[:, :1000])
        assert not out[:, 2:].any()


def test_refuses_what_it_cannot_mix() -> None:
    with pytest.raises(ValueError, match="float32"):
        Mixer(RATE, 10).add("x", np.zeros((1, 10), np.float32))


def test_a_count_in_sounds_before_the_first_frame_of_the_timeline() -> None:
    vocal, clicks = noise(20), noise(21, 1300)
    mixer = mixer_of(vocal=vocal)
    mixer.set_gains({"vocal": 1.0})
    at = mixer.clock
    mixer.play(clicks)
    heard = render(mixer, 4000, block=512)
    assert np.array_equal(heard[:, :1300], clicks)
    assert np.array_equal(heard[:, 1300:], vocal[:, :2700])
    assert mixer.started == at + 1300
    assert mixer.position == 2700


def test_a_count_in_that_is_stopped_leaves_the_timeline_where_it_stood() -> None:
    mixer = mixer_of(vocal=noise(22))
    mixer.seek(5000)
    mixer.play(noise(23, 3000))
    render(mixer, 1000)
    assert mixer.counting_in
    assert mixer.playing
    mixer.pause()
    render(mixer, 3000)
    assert not mixer.playing
    assert not mixer.counting_in
    assert mixer.position == 5000


def test_a_count_in_is_seen_before_its_first_block() -> None:
    mixer = mixer_of(vocal=noise(25))
    mixer.play(noise(26, 300))
    assert mixer.counting_in
    render(mixer, 500)
    assert not mixer.counting_in
    mixer.pause()
    assert not mixer.counting_in


def test_stopped_and_started_within_one_block_it_starts_anew() -> None:
    """Whoever records waits for that start."""
    vocal, clicks = noise(27), noise(28, 1000)
    mixer = mixer_of(vocal=vocal)
    mixer.set_gains({"vocal": 1.0})
    mixer.play()
    render(mixer, 2000)
    mixer.pause()
    mixer.play(start=700)
    heard = render(mixer, 2000)
    assert mixer.started == 2000 > mixer.stopped
    assert np.array_equal(heard[:, RAMP:], vocal[:, 700 + RAMP : 2700])

    mixer.pause()
    mixer.play(clicks, start=500)
    mixer.set_gains({"vocal": 1.0})
    heard = render(mixer, 3000)
    assert mixer.started == 5000 > mixer.stopped
    assert np.array_equal(heard[:, RAMP:1000], clicks[:, RAMP:])
    assert np.array_equal(heard[:, 1000 + RAMP :], vocal[:, 500 + RAMP : 2500])


def test_the_clock_tells_on_which_frame_the_timeline_started_and_stopped() -> None:
    mixer = mixer_of(vocal=noise(24, 1000))
    render(mixer, 700)
    mixer.play()
    render(mixer, 500)
    assert (mixer.started, mixer.stopped) == (700, -1)
    render(mixer, 1500)
    assert (mixer.started, mixer.stopped) == (700, 1700)
    mixer.play()
    render(mixer, 100)
    mixer.pause()
    render(mixer, 100)
    assert (mixer.started, mixer.stopped) == (2700, 2800)


def test_the_band_is_told_apart_from_what_is_beside_it() -> None:
    """What is rendered as the band is all but the vocal, through gains, jumps and blocks beyond the buffers."""
    vocal, drums, bass = noise(1), noise(2), noise(3)
    mixer = Mixer(RATE, 20000, beside=frozenset({"vocal"}))
    for key, sound in (("vocal", vocal), ("drums", drums), ("bass", bass)):
        mixer.add(key, sound)
    mixer.set_gains({"vocal": 1.0, "drums": 0.5, "bass": 0.25})
    mixer.play()
    out, band = np.empty((6000, 2), np.float32), np.empty((6000, 2), np.float32)
    mixer.render(out, band)
    wanted = 0.5 * drums[:, :6000] + 0.25 * bass[:, :6000]
    assert np.allclose(band.T, wanted, atol=1e-6)
    assert np.allclose(out.T, wanted + vocal[:, :6000], atol=1e-6)
    mixer.seek(1000)
    mixer.render(out, band)
    assert np.allclose(out[RAMP:].T - band[RAMP:].T, vocal[:, 1000 + RAMP : 7000], atol=1e-6)
    mixer.pause()
    mixer.render(out[:RAMP], band[:RAMP])
    mixer.render(out, band)
    assert not out.any()
    assert not band.any()
