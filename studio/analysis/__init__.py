"""A vocal becomes a VocalAnalysis: pitch, notes, onsets, loudness, tempo, beats, bar lines, key and chords."""

from studio.analysis.analyse import analyse
from studio.core.tuning import tuning_offset

__all__ = ["analyse", "tuning_offset"]
