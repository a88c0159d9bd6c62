"""What is remembered of sound and recording between starts: one JSON file of the user.

Devices are remembered by name, because PortAudio numbers them anew at every start.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio.core.music import PLAYED_BPM
from studio.storage.atomic import write_json
from studio.storage.json_file import BadFile, read_json


@dataclass(frozen=True)
class AudioSettings:
    """Every choice about devices and recording.

    Attributes:
        output, input: names; empty for the system's default.
        host_api: the sound system both belong to; empty for the default's.
        input_first, input_count: recorded channels, counted from 0.
        sample_rate, block_frames: 0 for the device's own.
        count_in_bars: 0 to 2.
        tempo_bpm: of the metronome while no vocal is open.
        latencies: measured frames from output to input, by `latency_key`.
    """

    output: str = ""
    input: str = ""
    host_api: str = ""
    input_first: int = 0
    input_count: int = 1
    sample_rate: int = 0
    block_frames: int = 0
    count_in_bars: int = 1
    metronome: bool = True
    monitoring: bool = False
    tempo_bpm: float = 100.0
    latencies: dict[str, int] = field(default_factory=dict)


def latency_key(output: str, input: str, sample_rate: int, block_frames: int) -> str:
    """What a measured latency holds for."""
    return f"{output} | {input} | {sample_rate} | {block_frames}"


#: Of the numbers that are no switches: the least and the largest that make sense.
_RANGES: dict[str, tuple[float, float]] = {
    "input_first": (0, 1023),
    "input_count": (1, 64),
    "sample_rate": (0, 768_000),
    "block_frames": (0, 65_536),
    "count_in_bars": (0, 2),
    "tempo_bpm": PLAYED_BPM,
}
_LONGEST_LATENCY = 1_000_000


def read_audio_settings(path: Path) -> AudioSettings:
    """The settings in a file; the default for each value that is missing, of another type or of no sense."""
    try:
        found = read_json(path, dict[str, Any])
    except BadFile:
        return AudioSettings()
    values: dict[str, Any] = {}
    for entry in dataclasses.fields(AudioSettings):
        default = getattr(AudioSettings(), entry.name)
        value = found.get(entry.name, default)
        if isinstance(default, float) and type(value) is int and abs(value) < 1e9:
            value = float(value)
        values[entry.name] = value if type(value) is type(default) else default
        if entry.name in _RANGES:
            least, most = _RANGES[entry.name]
            values[entry.name] = type(default)(min(max(least, values[entry.name]), most))
    values["latencies"] = {
        str(k): v for k, v in values["latencies"].items() if type(v) is int and 0 <= v <= _LONGEST_LATENCY
    }
    return AudioSettings(**values)


def write_audio_settings(path: Path, settings: AudioSettings) -> None:
    """Replaces the file as a whole. Raises OSError."""
    write_json(path, dataclasses.asdict(settings))
