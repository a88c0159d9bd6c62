"""The same notes on another instrument: what stays, what is moved, and what cannot be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from studio.core.arrangement import Note, Part
from studio.core.candidate import Candidate, descent
from studio.core.controls import NETWORK, RECORDED, Controls
from studio.core.errors import StudioError
from studio.core.instruments import families
from studio.core.other_instrument import playable, played_on
from studio.core.request import Reinstrument
from tests.services.band import make_analysis, make_candidate, make_recipe, make_vocal


def part(instrument: str, *notes: tuple[float, float, int]) -> Part:
    return Part(instrument, tuple(Note(start, end, pitch, 80) for start, end, pitch in notes))


def pitches(played: Part) -> list[int]:
    return [note.pitch for note in played.notes]


CHORD = part("organ", (0.0, 1.0, 40), (0.0015, 1.0, 64), (0.003, 1.0, 67))


def test_what_an_instrument_can_play_stays_note_for_note() -> None:
    assert played_on("harmony", CHORD, "piano") == replace(CHORD, instrument="piano")


@pytest.mark.parametrize(
    ("stem", "before", "name", "after"),
    [
        # A ukulele has no low E: an octave and another up it is a note of the chord, struck once.
        ("harmony", CHORD, "ukulele", [64, 67]),
        ("bass", part("synth bass", (0.0, 0.5, 26), (0.5, 1.0, 33)), "finger bass", [38, 33]),
        # A line stays a line: one octave down leaves its G out of reach, so the phrase goes two; the next stays.
        ("lead", part("glockenspiel", (0, 0.4, 84), (0.5, 0.9, 91), (2, 3, 74)), "tenor sax", [60, 67, 74]),
        ("drums", part("room kit", (0.0, 0.1, 36), (0.0, 0.1, 54)), "808 kit", [36, 39]),
        ("drums", part("808 kit", (0.0, 0.1, 38), (0.0, 0.1, 39)), "jazz kit", [38, 54]),
        ("drums", part("808 kit", (0.0, 0.1, 38), (0.0, 0.1, 39)), "electronic kit", [38, 39]),
    ],
    ids=["chord", "bass", "phrase", "to machine", "to drummer", "machines"],
)
def test_what_it_has_not_is_moved(stem: str, before: Part, name: str, after: list[int]) -> None:
    assert pitches(played_on(stem, before, name)) == after


def test_chords_of_a_lead_need_an_instrument_of_many_notes() -> None:
    chords = part("warm pad", (0.0, 2.0, 64), (0.0, 2.0, 67))
    line = part("warm pad", (0.0, 2.0, 64), (1.0, 2.0, 67))
    names = {entry.name for entry in playable("lead", chords)}
    assert {"strings", "cello", "choir", "vibraphone"} <= names
    assert not {"flute", "pan flute", "oboe", "alto sax", "sine lead", "none"} & names
    assert {"flute", "oboe"} <= {entry.name for entry in playable("lead", line)}


def test_families_have_every_instrument_once() -> None:
    for stem in ("drums", "bass", "harmony", "lead"):
        entries = playable(stem, Part("none", ()))
        grouped = families(stem, entries)
        assert sorted(e.name for some in grouped.values() for e in some) == sorted(e.name for e in entries)
    assert [e.name for e in families("harmony", playable("harmony", CHORD))["Organs"]] == [
        "organ", "rock organ", "percussive organ", "church organ",
    ]  # fmt: skip


@pytest.fixture
def parent() -> Candidate:
    """Recorded drums in a room, a picked bass and a piano of the network, no lead."""
    made = make_candidate(make_vocal(), make_analysis(3.0), 3)
    return replace(made, recipe=make_recipe(made))


@pytest.mark.parametrize(
    ("stem", "name", "sound", "said"),
    [
        ("vocals", "piano", None, "no such stem"),
        ("lead", "flute", None, "lead of candidate 3 is silent"),
        ("harmony", "tuba", None, "no such instrument for harmony"),
        ("harmony", "none", None, "no such instrument for harmony"),
        ("harmony", "piano", None, "played already"),
        ("harmony", "piano", NETWORK, "played already"),
        ("drums", "room kit", RECORDED, "played already"),
    ],
)
def test_what_cannot_be_is_said(
    parent: Candidate, stem: str, name: str, sound: str | None, said: str
) -> None:
    with pytest.raises(StudioError, match=said):
        Reinstrument(parent, stem, name, sound).check()


def test_chords_on_a_flute_are_refused(parent: Candidate) -> None:
    chords = part("strings", (0.0, 2.0, 64), (0.0, 2.0, 67))
    parts = {**parent.arrangement.parts, "lead": chords}
    parent = replace(parent, arrangement=replace(parent.arrangement, parts=parts))
    with pytest.raises(StudioError, match="flute cannot play this part"):
        Reinstrument(parent, "lead", "flute").check()
    Reinstrument(parent, "lead", "choir").check()


def test_a_comp_or_a_sound_without_notes_cannot_be(parent: Candidate) -> None:
    for other, said in (
        (replace(parent, recipe=None), "only the sound"),
        (replace(parent, settings={"comp": 1}), "comp"),
    ):
        with pytest.raises(StudioError, match=said):
            Reinstrument(other, "harmony", "organ").check()
    with pytest.raises(ValueError, match="sound"):
        Reinstrument(parent, "harmony", "organ", "tuba")


def test_it_says_what_it_is_and_whom_it_came_from(parent: Candidate) -> None:
    change = Reinstrument(parent, "drums", "room kit", NETWORK)
    change.check()
    assert str(change) == "drums on room kit, by the network"
    assert str(Reinstrument(parent, "harmony", "organ")) == "harmony on organ"
    assert descent({"parent": 3, "change": "harmony on organ"}) == "from 3: harmony on organ"
    assert descent({"parent": 3, "change": "new harmony"}) == "new harmony of 3"


def test_a_wish_for_the_stem_is_the_new_instrument(parent: Candidate) -> None:
    change = Reinstrument(parent, "harmony", "organ")
    wished = change.wishes(Controls(style="pop", instruments={"harmony": "piano", "lead": "none"}))
    assert wished == Controls(style="pop", instruments={"harmony": "organ", "lead": "none"})
    assert change.wishes(Controls()) == Controls()
