"""What is remembered of sound and recording between starts: one JSON file of the user.

Devices are remembered by name, because PortAudio numbers them anew at every start.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio.storage.atomic import write_json


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


def read_audio_settings(path: Path) -> AudioSettings:
    """The settings in a file; the default for each value that is missing or of another type."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return AudioSettings()
    if not isinstance(found, dict):
        return AudioSettings()
    values: dict[str, Any] = {}
    for entry in dataclasses.fields(AudioSettings):
        default = getattr(AudioSettings(), entry.name)
        value = found.get(entry.name, default)
        if isinstance(default, float) and isinstance(value, int):
            value = float(value)
        values[entry.name] = value if type(value) is type(default) else default
    values["count_in_bars"] = min(max(0, values["count_in_bars"]), 2)
    values["tempo_bpm"] = min(max(30.0, values["tempo_bpm"]), 300.0)
    values["latencies"] = {str(k): v for k, v in values["latencies"].items() if isinstance(v, int) and v >= 0}
    return AudioSettings(**values)


def write_audio_settings(path: Path, settings: AudioSettings) -> None:
    """Replaces the file as a whole. Raises OSError."""
    write_json(path, dataclasses.asdict(settings))
