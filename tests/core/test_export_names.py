"""Names of exported files: the song's own script, nothing forbidden, nothing too long, nothing twice."""

from __future__ import annotations

import unicodedata

import pytest

from studio.core.export_names import MOST_BYTES, NameParts, clean, cut_to, without_collisions


def test_the_template() -> None:
    parts = NameParts("Ada", "Night Song", 2, 97.34, "F#m")
    assert parts.file("drums", ".wav", sample_rate=44100, bits="24") == (
        "Ada_Night_Song_02_drums_97.34bpm_F#m_44.1k24.wav"
    )
    assert parts.file("mix", ".wav", sample_rate=96000, bits="32f").endswith("_96k32f.wav")
    assert parts.file("arrangement", ".mid") == "Ada_Night_Song_02_arrangement_97.34bpm_F#m.mid"
    assert parts.folder() == "Ada_Night_Song_02_97.34bpm_F#m"


def test_empty_parts_fall_away() -> None:
    assert (
        NameParts("", "Song", 1).file("mix", ".wav", sample_rate=48000, bits="16") == "Song_01_mix_48k16.wav"
    )
    assert NameParts("", "", 1, 120.0).folder() == "01_120bpm"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("夜の歌 🎤", "夜の歌_🎤"),
        (unicodedata.normalize("NFD", "がぎぐ é"), "がぎぐ_é"),
        ("AC/DC: what?", "AC-DC-_what"),
        (" ..\\..\\etc\x00 ", "etc"),
        ("con", "con-"),
        ("half \ud83d", "half"),
        ("...", ""),
    ],
)
def test_what_some_system_forbids_is_replaced(text: str, name: str) -> None:
    assert clean(text) == name


@pytest.mark.parametrize("artist", ["", "夜明けの会", "あ" * 200])
@pytest.mark.parametrize("song", ["歌" * 200, "👩‍👩‍👧" * 60, "a" * 300, "e\u0301\u0323" * 200])
def test_long_names_are_cut_in_whole_characters_and_keep_what_tells_them_apart(
    artist: str, song: str
) -> None:
    parts = NameParts(artist, song, 12, 97.3, "Bbm")
    names = [parts.file(stem, ".wav", sample_rate=44100, bits="24") for stem in ("drums", "harmony")]
    for name, stem in zip(names, ("drums", "harmony"), strict=True):
        assert len(name.encode()) <= MOST_BYTES
        assert name.endswith(f"_12_{stem}_97.3bpm_Bbm_44.1k24.wav")
        assert name == unicodedata.normalize("NFC", name)
        head = name.partition("_12_")[0]
        assert head.split("_")[0]
        assert not head.endswith("\u200d")
    assert names[0] != names[1]
    assert len(parts.file("session", ".dawproject").encode()) <= MOST_BYTES


def test_a_cut_never_parts_a_character_from_what_clings_to_it() -> None:
    family = "👩‍👩‍👧"
    assert cut_to("a" + family * 2, len(("a" + family).encode()) + 4) == "a" + family
    assert cut_to("ka" + "n\u0324", 3) == "ka"


def test_names_that_a_file_system_takes_for_one_get_numbers() -> None:
    names = ["Song.wav", "song.wav", unicodedata.normalize("NFD", "é.wav"), "é.wav", "SONG.wav"]
    made = without_collisions(names)
    assert len({unicodedata.normalize("NFC", name).casefold() for name in made}) == len(names)
    assert made[:2] == ["Song.wav", "song_2.wav"]
