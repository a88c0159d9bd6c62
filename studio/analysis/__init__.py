"""A vocal -> VocalAnalysis: pitch, notes, onsets, loudness, tempo, beats, bar lines, key and a harmonisation."""

from studio.analysis.analyse import analyse
from studio.analysis.tuning import tuning_offset

__all__ = ["analyse", "tuning_offset"]
