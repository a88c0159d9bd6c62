"""FastSAG's public weights, taken in once: checked, agreed to, converted to safetensors in the user's data folder.

Nothing is written before everything was checked and the licence agreed to. Beside the model lies a record of where
it came from, with the SHA-256 of both files.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from studio.core.errors import StudioError
from studio.core.jobs import Progress, StepCallback
from studio.storage.atomic import write_json

if TYPE_CHECKING:
    from studio.ml.fastsag.config import SemanticToMel

MODEL, RECORD = "fastsag.safetensors", "fastsag.json"
LICENCE = (
    "FastSAG hears with MERT-v1-95M, whose weights are licensed CC BY-NC 4.0: you must name its authors, and may not "
    "use it, or what is made with it, commercially. FastSAG's own repository states no licence for its weights: "
    "whether you may use them is between you and its authors. BigVGAN is MIT."
)


@dataclass(frozen=True)
class Imported:
    """What was taken in.

    Attributes:
        parameters: by part of the model.
        untrained: the denoiser has never been trained, so that nothing but noise can come of it.
    """

    path: Path
    sha256: str
    parameters: Mapping[str, int]
    untrained: bool


def model_path(data_dir: Path) -> Path:
    """Where the imported model lies in the user's data folder."""
    return data_dir / "models" / MODEL


def import_fastsag(
    source: Path,
    data_dir: Path,
    *,
    agree: Callable[[str], bool],
    bigvgan: Path | None = None,
    semantic_to_mel: SemanticToMel = "perceiver",
    on_step: StepCallback = lambda _: None,
) -> Imported:
    """Takes a checkpoint in, in place of an earlier one.

    Args:
        source: the authors' fastsag.pt, or a fastsag.safetensors of `studio.training.runs.train_fastsag`.
        agree: is shown the terms when everything else is in order, and says whether the user agrees.
        bigvgan: a public BigVGAN file to use instead of the vocoder inside.

    Raises:
        StudioError: for a file that does not fit, a full disk, or terms not agreed to; nothing was written then.
    """
    from studio.ml.fastsag import FastSAG
    from studio.ml.fastsag.checkpoint import parameter_counts, save_checkpoint, with_vocoder
    from studio.ml.tensor_file import read_tensor_file
    from studio.ml.weights import file_hash

    on_step(Progress(f"Checking {source.name}", 0.0))
    content, header = read_tensor_file(source)
    if bigvgan is not None:
        content, header = with_vocoder(content, header, bigvgan)
    model = FastSAG.of_tensors(content, header, semantic_to_mel, source.name)
    if not agree(LICENCE):
        raise StudioError(
            "FastSAG was not imported", seen="terms not agreed to", expected="your agreement to the licence of MERT",
            todo="Use the band model, whose weights are free for every use",
        )  # fmt: skip
    on_step(Progress("Converting", 0.4))
    origin: dict[str, object] = {"source": source.name, "source_sha256": file_hash(source)}
    if bigvgan is not None:
        origin |= {"vocoder": bigvgan.name, "vocoder_sha256": file_hash(bigvgan)}
    path = model_path(data_dir)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_checkpoint(model, path, {**header, **origin})
        on_step(Progress("Recording its hash", 0.9))
        digest = file_hash(path)
        record = {
            **origin,
            "sha256": digest,
            "semantic_to_mel": semantic_to_mel,
            "parameters": parameter_counts(model),
            "agreed_to": LICENCE,
            "agreed_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        write_json(path.with_name(RECORD), record)
    except OSError as error:
        raise StudioError(
            "Cannot keep the model", seen=error.strerror or str(error),
            expected=f"a writable folder with 1.6 GB free: {path.parent}", todo="Free some space",
        ) from error  # fmt: skip
    return Imported(path, digest, parameter_counts(model), model.never_trained)


def imported_record(data_dir: Path) -> Mapping[str, object] | None:
    """What is known of the imported model; None when there is none."""
    path = model_path(data_dir)
    try:
        record = json.loads(path.with_name(RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record if path.is_file() and isinstance(record, dict) else None
