"""How much memory a training of the band model takes beside the loaded models: told before it begins."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from studio.ml.adapting.clips import TrainingSettings

_FLOAT = 4
#: Crops are this many quarters with their globals.
_PLACES = 39
#: Numbers kept for the way back, for each value of a layer's width at each place: about what autograd holds of
#: attention, MLP and normalisation in float32.
_KEPT = 40
#: What torch, its threads and the draws of the evaluations take however small the network.
_AT_LEAST = 200 << 20


def bytes_for_band(models_dir: Path, settings: TrainingSettings) -> int:
    """An estimate, rather too high than too low, from the header of the weights alone."""
    tensors = _shapes(models_dir / "arrangement.safetensors")
    size = sum(math.prod(shape) for shape in tensors.values()) * _FLOAT
    if settings.method == "adapter":
        matrices = [shape for shape in tensors.values() if len(shape) > 1]
        trained = sum(settings.rank * (shape[0] + math.prod(shape[1:])) for shape in matrices) * _FLOAT
    else:
        trained = size
    width = tensors["tokens.weight"][1] if "tokens.weight" in tensors else 0
    layers = len({name.split(".")[1] for name in tensors if name.startswith("layers.")})
    crops = settings.batch * (2 if settings.method == "adapter" else 1)
    activations = crops * _PLACES * width * max(1, layers) * _KEPT * _FLOAT
    # Two copies and the gradients of whole weights; two moments, the average and the kept of what is trained.
    return _AT_LEAST + 3 * size + 5 * trained + activations


def _shapes(path: Path) -> dict[str, list[int]]:
    try:
        with path.open("rb") as file:
            header: dict[str, Any] = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    except (OSError, ValueError):
        return {}
    return {name: entry["shape"] for name, entry in header.items() if name != "__metadata__"}
