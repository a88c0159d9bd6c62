"""Makes the recorded instruments that ship (resources/instruments) from a folder of curated samples.

    python -m studio.training.sounds.pack_samples FOLDER OUT

FOLDER holds instruments.json: for each instrument its licence, attribution and source, and for each file its pitch
or piece, layer, take, measured level and pitch error. Only instruments whose licence is clear are taken.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from studio.dsp.sampler.samples import RATE, Sample, SampleSet


@dataclass(frozen=True)
class Packed:
    """One set: its source, what is left out of it, and how it is encoded.

    Attributes:
        stereo: whether both channels are kept.
        stretched: whether the instrument's own tuning stays (pianos, whose octaves are wide).
        longest_s: recordings are faded out there.
        most_takes: of a layer.
    """

    source: str
    stereo: bool = False
    stretched: bool = False
    longest_s: float = 5.0
    most_takes: int = 4
    quality: float = 0.3


SETS = {
    "kit": Packed("kit_muldjord", stereo=True),
    "kit_room": Packed("kit_muldjord_room", stereo=True),
    "bass_finger": Packed("bass_pasta_finger_flat"),
    "bass_pick": Packed("bass_growly_pick"),
    "upright": Packed("upright_pizz", longest_s=3.5),
    "guitar": Packed("guitar_emily_di"),
    "archtop_mic": Packed("guitar_archtop_mic"),
    "archtop_pickup": Packed("guitar_archtop_pickup"),
    "piano": Packed("piano_salamander", stretched=True, longest_s=6.0),
    "cp80": Packed("epiano_cp80", stretched=True, longest_s=4.5),
    "wurlitzer": Packed("epiano_wurlitzer_ep200", longest_s=4.5),
    "alto": Packed("sax_alto_weresax"),
    "tenor": Packed("sax_tenor_mtg"),
}
_FADE_S = 0.15
_CHANGES = "trimmed, levelled by instrument, some mixed to mono, shortened and encoded as OGG Vorbis"
_ATTRIBUTION = f"""# Recorded instruments

Recordings of real instruments that stems can be played from (docs/sound.md). Each file is a ZIP of OGG Vorbis
recordings with an index.json. Changes made to all of them: {_CHANGES}.

Who publishes music that contains recordings under CC BY names their makers; the manifest of every candidate lists those
that are heard in it. The licences: [CC0 1.0](https://creativecommons.org/publicdomain/zero/1.0/),
[CC BY 3.0](https://creativecommons.org/licenses/by/3.0/), [CC BY 4.0](https://creativecommons.org/licenses/by/4.0/).

| file | attribution | licence | origin | recordings |
|---|---|---|---|---|
"""
#: When a set was built is not told by it.
_MOMENT = (2026, 1, 1, 0, 0, 0)


def pack(folder: Path, out: Path) -> list[str]:
    """Writes OUT/NAME.zip for every set of SETS; returns a line about each."""
    listed = json.loads((folder / "instruments.json").read_text())["instruments"]
    by_name = {entry["name"]: entry for entry in listed}
    out.mkdir(parents=True, exist_ok=True)
    lines = []
    for name, packed in SETS.items():
        entry = by_name[packed.source]
        if entry["licence_evidence"] != "clear":
            raise ValueError(f"the licence of {packed.source} is not clear")
        count = _write(out / f"{name}.zip", folder, entry, packed)
        lines.append(f"{name}: {count} recordings, {(out / f'{name}.zip').stat().st_size / 1e6:.1f} MB")
    describe(out)
    return lines


def describe(out: Path) -> None:
    """Writes OUT/sources.json and OUT/ATTRIBUTION.md from what the sets say of themselves."""
    sources = {}
    for path in sorted(out.glob("*.zip")):
        with zipfile.ZipFile(path) as file:
            index = json.loads(file.read("index.json"))
        sources[path.stem] = {
            **{key: index[key] for key in ("title", "licence", "attribution", "origin")},
            "recordings": len(index["samples"]),
            "changes": _CHANGES,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "bytes": path.stat().st_size,
        }
    (out / "sources.json").write_text(json.dumps({"sets": sources}, indent=1) + "\n")
    rows = [
        f"| `{name}.zip` | {s['attribution']} | {s['licence']} | {s['origin']} | {s['recordings']} |"
        for name, s in sources.items()
    ]
    (out / "ATTRIBUTION.md").write_text(_ATTRIBUTION + "\n".join(rows) + "\n")


def folder_sets(folder: Path) -> dict[str, SampleSet]:
    """The sets of SETS from the curated folder itself, not encoded: what a teacher plays."""
    listed = json.loads((folder / "instruments.json").read_text())["instruments"]
    by_name = {entry["name"]: entry for entry in listed}
    sets = {}
    for name, packed in SETS.items():
        files = {Path(f["file"]).stem + ".ogg": f["file"] for f in by_name[packed.source]["files"]}

        def read(name: str, files: dict[str, str] = files, packed: Packed = packed) -> NDArray[np.float32]:
            sound = _sound(folder / files[name], packed)
            return np.ascontiguousarray(sound.T if sound.ndim == 2 else sound[None])

        entries, _ = _entries(folder, by_name[packed.source], packed)
        sets[name] = SampleSet(name, [Sample(**entry) for entry in entries], read)
    return sets


def _write(path: Path, folder: Path, entry: dict[str, Any], packed: Packed) -> int:
    samples, sounds = _entries(folder, entry, packed)
    source = entry["source"]
    index = {
        "title": entry["name"],
        "licence": entry["licence"],
        "attribution": entry["attribution"],
        "origin": " ".join(str(part) for part in source.values()),
        "samples": samples,
    }
    with zipfile.ZipFile(path, "w") as made:
        made.writestr(zipfile.ZipInfo("index.json", _MOMENT), json.dumps(index, indent=1))
        for sample, sound in zip(samples, sounds, strict=True):
            encoded = io.BytesIO()
            soundfile.write(
                encoded, sound, RATE, format="OGG", subtype="VORBIS", compression_level=1.0 - packed.quality
            )
            made.writestr(zipfile.ZipInfo(str(sample["name"]), _MOMENT), encoded.getvalue())
    return len(samples)


def _entries(
    folder: Path, entry: dict[str, Any], packed: Packed
) -> tuple[list[dict[str, Any]], list[NDArray[np.float32]]]:
    """What is taken of an instrument: the fields of dsp.sampler.samples.Sample, and the sounds."""
    samples, sounds = [], []
    for file in entry["files"]:
        if file["round_robin"] > packed.most_takes or file["articulation"] == "muted_noise":
            continue
        sound = _sound(folder / file["file"], packed)
        pitch = file.get("midi")
        if pitch is not None and not packed.stretched:
            pitch += (file["f0_error_cents"] or 0.0) / 100.0
        samples.append(
            {
                "name": Path(file["file"]).stem + ".ogg",
                "articulation": file["articulation"],
                "layer": file["velocity_layer"],
                "take": file["round_robin"],
                "attack_db": round(_attack_db(sound), 2),
                "seconds": round(len(sound) / RATE, 3),
                "pitch": None if pitch is None else round(pitch, 3),
                "piece": file.get("piece") or "",
                "attack_s": (file.get("attack_ms") or 0) / 1000.0,
            }
        )
        sounds.append(sound)
    return samples, sounds


def _sound(path: Path, packed: Packed) -> NDArray[np.float32]:
    """A recording as it is to be heard, float32 [T] or [T, 2]."""
    sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
    if rate != RATE:
        raise ValueError(f"{path} of {rate} Hz")
    most = int(packed.longest_s * RATE)
    if len(sound) > most:
        fade = int(_FADE_S * RATE)
        sound = sound[:most].copy()
        sound[-fade:] *= np.cos(np.linspace(0.0, np.pi / 2, fade, dtype=np.float32))[:, None] ** 2
    return sound if packed.stereo and sound.shape[1] == 2 else sound.mean(axis=1)


def _attack_db(sound: NDArray[np.float32]) -> float:
    """RMS of the loudest 30 ms in dBFS, of both channels together."""
    power = np.square(sound, dtype=np.float64)
    power = power if power.ndim == 1 else power.mean(axis=1)
    block = min(int(0.03 * RATE), len(power))
    sums = np.concatenate([[0.0], np.cumsum(power)])
    return float(10.0 * np.log10((sums[block:] - sums[:-block]).max() / block + 1e-12))


if __name__ == "__main__":
    print("\n".join(pack(Path(sys.argv[1]), Path(sys.argv[2]))))
