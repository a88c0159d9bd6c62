"""A candidate on disk: stems a DAW can trust, the arrangement as MIDI, and where it all came from.

Choices: every PCM stem is first put on the integer grid (with dither where that loses something), and band
and mix are sums of those, so that what a DAW sums is the exported band bit for bit. Levels are left alone,
except that one common gain is taken from everything when any PCM file would pass -1 dBTP. The folder is
built under a temporary name, read back with another reader, and renamed: a candidate is whole or absent.
"""

from __future__ import annotations

import os
import shutil
import warnings
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.io.wavfile
from numpy.typing import NDArray

import studio
from studio.audio.wav import Encoding, sync_to_disk, write_wav
from studio.core.analysis import VocalAnalysis
from studio.core.arrangement import STEMS
from studio.core.audio import Audio, Samples
from studio.core.errors import StudioError
from studio.core.jobs import CancelToken, Progress, StepCallback
from studio.core.request import Candidate
from studio.dsp.dither import quantise, to_grid
from studio.dsp.loudness import integrated_lufs, peak_db, true_peak_db
from studio.services.export_midi import write_midi
from studio.services.report import analysis_json, write_json
from studio.services.vocal import Vocal

SCHEMA_VERSION = 1
CEILING_DBTP = -1.0
#: Room for what dither and rounding may add.
_CEILING_MARGIN_DB = 0.01
AUDIO_FILES = ("vocal.wav", *(f"{stem}.wav" for stem in STEMS), "band.wav", "mix.wav")
LICENCE = (
    "Made with Backline (MIT) and the models bundled with it. The card of each model in models/ lists its "
    "training data and their licences. Rights in the vocal stay with their holder."
)
_BITS: Mapping[str, int] = {"PCM_16": 16, "PCM_24": 24}
#: A float band must null against its stems below -120 dBFS.
_FLOAT_NULL = 1e-6
# libsndfile adds a PEAK chunk to float files, of which scipy warns while it reads past it.
warnings.filterwarnings("ignore", category=scipy.io.wavfile.WavFileWarning)


@dataclass(frozen=True, eq=False)
class ExportRequest:
    """One candidate to write.

    Attributes:
        parent: folder that gets `candidate_NN`; made when missing.
        seed, models: of the request that made the candidate: its seed, and SHA-256 by model name.
    """

    parent: Path
    vocal: Vocal
    analysis: VocalAnalysis
    candidate: Candidate
    seed: int
    models: Mapping[str, str]
    encoding: Encoding = "PCM_24"


@dataclass(frozen=True)
class ExportedCandidate:
    """What was written.

    Attributes:
        gain_db: the common gain, 0.0 when none was needed.
        checks: 'PASS' by file name: read back, and equal to what was meant to the last bit.
    """

    folder: Path
    gain_db: float
    checks: Mapping[str, str]


def export_candidate(
    request: ExportRequest, *, on_step: StepCallback | None = None, cancel: CancelToken | None = None
) -> ExportedCandidate:
    """Writes, verifies and names one candidate folder; `_v02` and so on is added where the name is taken.

    Raises:
        StudioError: stems that do not match the vocal, a folder that cannot be written, or a file that does
            not read back as it was written. Nothing is left behind then, nor on JobCancelled.
    """
    name = f"candidate_{request.candidate.number:02d}"
    files, gain_db, true_peaks = _levelled_files(request)
    temporary = request.parent / f".{name}.{os.getpid()}.part"
    try:
        temporary.mkdir(parents=True)
        for i, (file_name, audio) in enumerate(files.items()):
            if cancel:
                cancel.check()
            if on_step:
                on_step(Progress("Writing stems", i / len(files)))
            write_wav(temporary / file_name, audio, encoding=request.encoding)
        checks = verify_files(temporary, files, request.encoding)
        write_midi(
            temporary / "arrangement.mid", request.candidate.arrangement, request.vocal.audio.duration_s
        )
        levels = {
            file_name: {
                "peak_dbfs": round(peak_db(audio), 2),
                "true_peak_dbtp": round(true_peaks[file_name] + gain_db, 2),
                "loudness_lufs": round(integrated_lufs(audio), 2),
                "channels": audio.channels,
                "check": checks[file_name],
            }
            for file_name, audio in files.items()
        }
        write_json(temporary / "manifest.json", {**_manifest(request, gain_db), "files": levels})
        for file_name in ("arrangement.mid", "manifest.json"):
            sync_to_disk(temporary / file_name)
        folder = free_folder(request.parent / name)
        temporary.rename(folder)
    except OSError as error:
        raise StudioError(
            f"Cannot write {name}",
            seen=error.strerror or str(error),
            expected=f"a writable folder with free space: {request.parent}",
            todo="Free some space or choose another folder",
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return ExportedCandidate(folder, gain_db, checks)


def verify_files(folder: Path, files: Mapping[str, Audio], encoding: Encoding) -> dict[str, str]:
    """Reads every file back with scipy, which shares no code with what wrote it.

    Returns:
        'PASS' by file name.

    Raises:
        StudioError: naming each file that differs from what was meant, or a band that is not its stems' sum.
    """
    failed = []
    band: NDArray[Any] | None = None
    for file_name, audio in files.items():
        rate, data = scipy.io.wavfile.read(folder / file_name)
        data = data.reshape(len(data), -1)
        if rate != audio.sample_rate or not np.array_equal(data, _as_stored(audio, encoding)):
            failed.append(file_name)
        if file_name.removesuffix(".wav") in STEMS:
            # Integers may wrap on the way: the sum is below full scale again.
            data = data.astype(np.int32 if encoding in _BITS else np.float64)
            band = data if band is None else band + data
        elif file_name == "band.wav" and band is not None:
            if not np.allclose(data, band, rtol=0, atol=0 if encoding in _BITS else _FLOAT_NULL):
                failed.append("band.wav (not the sum of the stems)")
            band = None
    if failed:
        raise StudioError(
            f"The export to {folder.parent} did not verify",
            seen=f"other samples than were written in {', '.join(failed)}",
            expected="every file to read back bit for bit",
            todo="Check the disk, or export to another one",
        )
    return dict.fromkeys(files, "PASS")


def free_folder(folder: Path) -> Path:
    """The folder itself, or the first of `name_v02`, `name_v03` ... that is not there yet."""
    version, free = 1, folder
    while free.exists():
        version += 1
        free = folder.with_name(f"{folder.name}_v{version:02d}")
    return free


def _levelled_files(request: ExportRequest) -> tuple[dict[str, Audio], float, dict[str, float]]:
    """What each file is to hold, the common gain in dB, and each file's true peak before that gain."""
    vocal, stems = request.vocal.audio, request.candidate.stems
    for stem in STEMS:
        if (stems[stem].frames, stems[stem].sample_rate) != (vocal.frames, vocal.sample_rate):
            raise StudioError(
                f"Cannot export candidate {request.candidate.number}",
                seen=f"{stem} of {stems[stem].frames} frames at {stems[stem].sample_rate} Hz",
                expected=f"the vocal's {vocal.frames} frames at {vocal.sample_rate} Hz",
                todo="Generate it again",
            )
    files = _with_sums(vocal, stems)
    true_peaks = {name: true_peak_db(audio) for name, audio in files.items()}
    bits = _BITS.get(request.encoding)
    if bits is None:
        return files, 0.0, true_peaks
    highest = max(true_peaks.values())
    gain_db = CEILING_DBTP - _CEILING_MARGIN_DB - highest if highest > CEILING_DBTP else 0.0

    def on_grid(name: str, audio: Audio) -> Audio:
        samples = audio.samples * np.float32(10 ** (gain_db / 20)) if gain_db else audio.samples
        return Audio(to_grid(samples, bits, zlib.crc32(name.encode())), audio.sample_rate)

    return (
        _with_sums(on_grid("vocal", vocal), {stem: on_grid(stem, stems[stem]) for stem in STEMS}),
        gain_db,
        true_peaks,
    )


def _with_sums(vocal: Audio, stems: Mapping[str, Audio]) -> dict[str, Audio]:
    """The audio of AUDIO_FILES by name. A mono vocal is in both channels of the mix, at its own level."""
    band: Samples = np.zeros_like(stems[STEMS[0]].samples)
    for stem in STEMS:
        band = band + stems[stem].samples
    tracks = [vocal, *(stems[stem] for stem in STEMS)]
    tracks += [Audio(band, vocal.sample_rate), Audio(band + vocal.samples, vocal.sample_rate)]
    return dict(zip(AUDIO_FILES, tracks, strict=True))


def _as_stored(audio: Audio, encoding: Encoding) -> NDArray[Any]:
    """[T, C] as scipy gives a file of this encoding: 24 bits come in the upper bits of an int32."""
    if encoding == "PCM_16":
        return quantise(audio.samples, 16).astype(np.int16).T
    if encoding == "PCM_24":
        return quantise(audio.samples, 24).T << 8
    return audio.samples.T


def _manifest(request: ExportRequest, gain_db: float) -> dict[str, object]:
    vocal, candidate = request.vocal, request.candidate
    arrangement = candidate.arrangement
    return {
        "schema_version": SCHEMA_VERSION,
        "generator": f"Backline {studio.__version__}",
        "ai_generated": True,
        "licence": LICENCE,
        "candidate": candidate.number,
        "seed": request.seed,
        "settings": dict(candidate.settings),
        "models": dict(request.models),
        "vocal": {
            "name": vocal.name,
            "sha256": vocal.sha256,
            "sample_rate": vocal.audio.sample_rate,
            "frames": vocal.audio.frames,
            "channels": vocal.audio.channels,
        },
        "tempo_bpm": round(arrangement.grid.tempo_bpm, 3),
        "meter": str(arrangement.grid.meter),
        "key": str(arrangement.key),
        "style": arrangement.style,
        "instruments": {stem: part.instrument for stem, part in arrangement.parts.items()},
        "bar_chords": [chord.name(arrangement.key) for chord in arrangement.bar_chords()],
        "beat_chords": [chord.name(arrangement.key) for chord in arrangement.chords],
        "beats_s": [round(t, 6) for t in arrangement.grid.times_s],
        "analysis": analysis_json(request.analysis),
        "encoding": request.encoding,
        "common_gain_db": round(gain_db, 3),
    }
