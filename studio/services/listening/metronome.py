"""What a recording tells that was sung to our own metronome: its grid, exactly."""

from __future__ import annotations

from studio.core.analysis import Given
from studio.core.music import Meter
from studio.storage.recordings import RecordingNote


def given_of(note: RecordingNote) -> Given:
    """Tempo, meter and a bar line of a recording; nothing where it was sung without a metronome.

    The metronome's bars begin at frame 0 of the timeline; the file may begin later.
    """
    if not note.tempo_bpm or not note.beats_per_bar:
        return Given()
    bar_s = note.beats_per_bar * 60.0 / note.tempo_bpm
    downbeat_s = -note.start / note.sample_rate % bar_s
    return Given(
        tempo_bpm=note.tempo_bpm, downbeat_s=downbeat_s, meter=Meter(note.beats_per_bar, 4), drift=False
    )
