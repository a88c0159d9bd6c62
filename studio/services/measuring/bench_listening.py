"""How well a vocal is heard: syllables, tempo, beats, bar lines, key and tuning against what is known.

Synthetic songs are sung here, so that everything about them is known. Recordings with references may be given too: a
folder of sound files and, beside them or in the folder above, `beats.json` (by name: `beats_s`, `position_in_bar`), or
beside each file a text of its name with rows of start, end and MIDI pitch.

F of beats and bar lines counts within 70 ms, F of syllables within 50 ms. `best of 4` is the best beat F of the first
four readings. `null` is the beat F of the same readings against the other songs' beats: only what lies above it was
heard.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.analysis import analyse
from studio.audio.files import read_audio
from studio.core.amounts import many
from studio.core.analysis import VocalAnalysis
from studio.core.audio import Audio
from studio.core.errors import StudioError
from studio.core.grid import BeatGrid
from studio.services.measuring.synthetic_singer import sing_song

#: Beats with this F or more are called right, where chances are compared with what came true.
RIGHT_F = 0.75
_SOUNDS = (".wav", ".flac", ".mp3", ".aif", ".aiff", ".ogg")
Times = NDArray[np.float64]


@dataclass(frozen=True)
class SongScores:
    """Of one song; None where its truth is not known.

    Attributes:
        onset_f, onset_recall, onset_precision: of syllables within 50 ms.
        tempo, octave: whether the tempo is within 4 %; the same with half and double allowed.
        cents_off: of the tuning, the semitone taken out.
        chance: given to the first reading; `tempo_chance` to its tempo.
        load: seconds of work for a second of sound.
    """

    name: str
    onset_f: float | None = None
    onset_recall: float | None = None
    onset_precision: float | None = None
    beat_f: float | None = None
    best_of_4: float | None = None
    null_f: float | None = None
    downbeat_f: float | None = None
    tempo: bool | None = None
    octave: bool | None = None
    key: bool | None = None
    cents_off: float | None = None
    chance: float = 0.0
    tempo_chance: float = 0.0
    load: float = 0.0


@dataclass(frozen=True)
class ListeningFigures:
    """The scores of each set of songs, by its name."""

    sets: Mapping[str, tuple[SongScores, ...]]

    def as_json(self) -> dict[str, object]:
        return {name: [asdict(song) for song in songs] for name, songs in self.sets.items()}


@dataclass(frozen=True, eq=False)
class _Truth:
    onsets_s: Times | None = None
    beats_s: Times | None = None
    downbeats_s: Times | None = None
    key: str | None = None
    cents: float | None = None


def bench_listening(
    folders: Sequence[Path] = (),
    *,
    songs: int = 20,
    seconds: float = 30.0,
    on_step: Callable[[str], None] = lambda _: None,
) -> ListeningFigures:
    """Listens to `songs` synthetic songs of `seconds` each, and to the recordings of each folder.

    Raises:
        StudioError: for a folder without a recording that has a reference.
    """
    sets: dict[str, tuple[SongScores, ...]] = {}
    if songs:
        on_step(f"listening to {songs} synthetic songs")
        sung = [sing_song(seed, seconds) for seed in range(songs)]
        truths = [_Truth(s.onsets_s, s.beats_s, s.downbeats_s, str(s.key), s.cents) for s in sung]
        sets["synthetic"] = _scores([(f"song {i}", s.audio) for i, s in enumerate(sung)], truths)
    for folder in folders:
        found = _recordings(folder)
        on_step(f"listening to {many(len(found), 'recording')} of {folder.name}")
        sets[f"{folder.resolve().parent.name}/{folder.name}"] = _scores(
            [(path.stem, read_audio(path)) for path, _ in found], [truth for _, truth in found]
        )
    return ListeningFigures(sets)


def describe_listening(figures: ListeningFigures) -> list[str]:
    """The tables to print: means of each set, then what the chances were worth."""
    columns = ("onset_f", "onset_recall", "onset_precision", "beat_f", "null_f", "best_of_4", "downbeat_f", "tempo",
               "octave", "key", "cents_off", "load")  # fmt: skip
    heads = ("onset F", "recall", "precis.", "beat F", "null", "best 4", "bar F", "tempo", "octaves", "key", "cents",
             "s/s")  # fmt: skip
    lines = [f"{'':<16}{'songs':>6}" + "".join(f"{head:>9}" for head in heads)]
    for name, songs in figures.sets.items():
        cells = []
        for column in columns:
            values = [float(v) for s in songs if (v := getattr(s, column)) is not None]
            cells.append(f"{np.mean(np.abs(values)):9.3f}" if values else f"{'-':>9}")
        lines.append(f"{name:<16.16}{len(songs):>6}" + "".join(cells))
    lines += ["", "Chance given to the first reading, and how often its beats were right (F .75 or more)"]
    for low, high, given, right, count in reliability([s for songs in figures.sets.values() for s in songs]):
        lines.append(
            f"  {low:.1f} to {high:.1f}: given {given:.2f}, right {right:.2f} ({many(count, 'song')})"
        )
    return lines


def reliability(songs: Sequence[SongScores]) -> list[tuple[float, float, float, float, int]]:
    """Bins of the chance given: from, to, its mean, the share that was right, and how many songs."""
    known = [(s.chance, float(s.beat_f >= RIGHT_F)) for s in songs if s.beat_f is not None]
    rows = []
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        inside = [(c, r) for c, r in known if low <= c < low + 0.2 or (low == 0.8 and c == 1.0)]
        if inside:
            given, right = (float(np.mean(x)) for x in zip(*inside, strict=True))
            rows.append((low, low + 0.2, given, right, len(inside)))
    return rows


def _recordings(folder: Path) -> list[tuple[Path, _Truth]]:
    beats: dict[str, dict[str, list[float]]] = {}
    for path in (folder / "beats.json", folder.parent / "beats.json"):
        if path.is_file():
            beats = json.loads(path.read_text(encoding="utf-8"))
            break
    found = []
    for path in sorted(p for p in folder.iterdir() if p.suffix.lower() in _SOUNDS):
        notes = path.with_suffix(".txt")
        if path.stem in beats:
            truth = beats[path.stem]
            times, position = np.array(truth["beats_s"]), np.array(truth["position_in_bar"])
            found.append((path, _Truth(beats_s=times, downbeats_s=times[position == 1])))
        elif notes.is_file():
            found.append((path, _Truth(onsets_s=np.loadtxt(notes, ndmin=2)[:, 0])))
    if not found:
        raise StudioError(
            "Cannot measure on these recordings",
            seen=str(folder),
            expected="sound files with beats.json, or with a text file of notes each",
        )
    return found


def _scores(sounds: Sequence[tuple[str, Audio]], truths: Sequence[_Truth]) -> tuple[SongScores, ...]:
    result = []
    for index, ((name, audio), truth) in enumerate(zip(sounds, truths, strict=True)):
        begun = time.process_time()
        heard = analyse(audio)
        load = (time.process_time() - begun) / audio.duration_s
        others = [t.beats_s for i, t in enumerate(truths) if i != index and t.beats_s is not None]
        result.append(_score(name, heard, truth, others, load))
    return tuple(result)


def _score(
    name: str, heard: VocalAnalysis, truth: _Truth, others: Sequence[Times], load: float
) -> SongScores:
    scores: dict[str, float | bool | None] = {}
    if truth.onsets_s is not None:
        found = np.asarray(heard.onsets_s)
        found = found[(found > truth.onsets_s[0] - 0.2) & (found < truth.onsets_s[-1] + 0.2)]
        hits = matches(truth.onsets_s, found, 0.05)
        scores["onset_recall"] = hits / len(truth.onsets_s)
        scores["onset_precision"] = hits / max(len(found), 1)
        scores["onset_f"] = 2 * hits / max(len(truth.onsets_s) + len(found), 1)
    if truth.beats_s is not None and truth.downbeats_s is not None:
        span = (float(truth.beats_s[0]) - 0.1, float(truth.beats_s[-1]) + 0.1)

        def beat_f(grid: BeatGrid, beats: Times) -> float:
            return f_measure(beats, _within(grid.times_s, span), 0.07)

        grids = [heard.grid, *(r.grid for r in heard.alternatives)]
        ratio = heard.tempo_bpm * float(np.median(np.diff(truth.beats_s))) / 60.0
        scores["beat_f"] = beat_f(heard.grid, truth.beats_s)
        scores["best_of_4"] = max(beat_f(grid, truth.beats_s) for grid in grids[:4])
        scores["null_f"] = float(np.mean([beat_f(heard.grid, o) for o in others])) if others else None
        scores["downbeat_f"] = f_measure(truth.downbeats_s, _within(heard.grid.downbeats_s, span), 0.07)
        scores["tempo"] = abs(ratio - 1) < 0.04
        scores["octave"] = any(abs(ratio / octave - 1) < 0.04 for octave in (0.5, 1.0, 2.0))
    if truth.key is not None:
        scores["key"] = str(heard.key) == truth.key
    if truth.cents is not None:
        scores["cents_off"] = (heard.tuning_cents - truth.cents + 50) % 100 - 50
    sure = heard.confidence
    return SongScores(name, chance=sure.beats, tempo_chance=sure.tempo, load=load, **scores)  # type: ignore[arg-type]


def matches(reference: Times, found: Times, reach_s: float) -> int:
    """How many times pair one to one within a reach, both taken in order."""
    hits = i = j = 0
    while i < len(reference) and j < len(found):
        if abs(reference[i] - found[j]) <= reach_s:
            hits, i, j = hits + 1, i + 1, j + 1
        elif reference[i] < found[j]:
            i += 1
        else:
            j += 1
    return hits


def f_measure(reference: Times, found: Times, reach_s: float) -> float:
    """Harmonic mean of precision and recall of times."""
    return 2 * matches(reference, found, reach_s) / max(len(reference) + len(found), 1)


def _within(times: Sequence[float], span: tuple[float, float]) -> Times:
    values = np.asarray(times)
    return np.asarray(values[(values >= span[0]) & (values <= span[1])])
