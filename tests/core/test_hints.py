"""Tempo and key in file names: what people write is read, and takes and years are not."""

from __future__ import annotations

import pytest

from studio.core.hints import Hint, hint_from_name, key_of_tag, tempo_of_tag
from studio.core.music import Key

A_MINOR, F_SHARP_MINOR, G_MINOR = Key(9, "minor"), Key(6, "minor"), Key(7, "minor")


@pytest.mark.parametrize(
    ("name", "tempo", "key"),
    [
        ("song_96bpm_Am", 96.0, A_MINOR),
        ("96 BPM Lead Vox F#m", 96.0, F_SHARP_MINOR),
        ("Vox_128_Gmin", 128.0, G_MINOR),
        ("Dry Vox 92.5 bpm", 92.5, None),
        ("BPM=104", 104.0, None),
        ("bpm120 Eb major", 120.0, Key(3, "major")),
        ("Lead_Vocal_120BPM_C", 120.0, Key(0, "major")),
        ("Adele - 96 (A minor)", 96.0, A_MINOR),
        ("16bit_44100_Em_dry", None, Key(4, "minor")),
    ],
)
def test_what_people_write_is_read(name: str, tempo: float | None, key: Key | None) -> None:
    assert hint_from_name(name) == Hint(tempo, key, "file name")


@pytest.mark.parametrize(
    "name",
    ["take 2", "2024", "Vocal take 96", "my song 2024-05-11", "voice_01", "A day in the life", "I Am",
     "Song in G", "vox 90 bpm 120 bpm", "999 bpm", "Take 100 Am", "128kbps", ""],
)  # fmt: skip
def test_other_numbers_and_letters_are_nothing(name: str) -> None:
    assert not hint_from_name(name)


def test_tags_are_read_as_programs_write_them() -> None:
    assert [tempo_of_tag(text) for text in ("96", "96.50", " 120 BPM", "096", "0", "fast", "1e9")] == [
        96.0, 96.5, 120.0, 96.0, None, None, None,
    ]  # fmt: skip
    assert [key_of_tag(text) for text in ("Am", "A minor", "o", "8A")] == [A_MINOR, A_MINOR, None, None]
