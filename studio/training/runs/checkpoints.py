"""The networks of the stages: building them, and finding their weights in run folders and among the bundled."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from studio.core.errors import StudioError
from studio.core.instruments import SOUNDS
from studio.ml.arrangement.model import ArrangementConfig, ArrangementModel
from studio.ml.sound.mel import MelContract
from studio.ml.sound.mel_model import MelModel, MelModelConfig, instrument_index, instrument_rows
from studio.ml.sound.vocoder import Vocoder, VocoderConfig
from studio.ml.weights import load_into, read_weights

STAGES = ("arrangement", "mel", "vocoder")


def default_config(stage: str) -> dict[str, Any]:
    """The sizes a new network of a stage has."""
    if stage == "arrangement":
        return ArrangementConfig().as_dict()
    return MelModelConfig().as_dict() if stage == "mel" else VocoderConfig().as_dict()


def build(stage: str, config: Mapping[str, Any]) -> nn.Module:
    """A network of a stage with fresh weights."""
    if stage == "arrangement":
        return ArrangementModel(ArrangementConfig(**config))
    if stage == "mel":
        return MelModel(MelModelConfig(**config), MelContract())
    return Vocoder(VocoderConfig(**config), MelContract())


def read_settings(run: Path, stage: str) -> dict[str, Any]:
    """What a stage of a run was begun with; empty before it began."""
    path = run / stage / "settings.json"
    return json.loads(path.read_text("utf-8")) if path.exists() else {}


def averaged(run: Path, stage: str) -> Path:
    """Where a run keeps the averaged weights of a stage."""
    return run / stage / "ema.safetensors"


def load_network(stage: str, run: Path, models: Path) -> nn.Module | None:
    """The network of a stage with the run's averaged weights, else with the bundled ones; None without either."""
    if averaged(run, stage).exists():
        network = build(stage, read_settings(run, stage).get("config", default_config(stage)))
        load_into(network, load_file(averaged(run, stage)), f"{run}, {stage}")
        return network
    if (models / f"{stage}.safetensors").exists():
        tensors, header = read_weights(models / f"{stage}.safetensors")
        network = build(stage, header["config"])
        load_into(network, tensors, stage)
        return network
    return None


def _with_new_sounds(network: MelModel, known: Tensor) -> Tensor:
    """Rows of the instrument embedding, those of sounds that are new as those of the instruments they are like."""
    rows = [known]
    for row in range(len(known), instrument_rows(network.config.sounds)):
        stem, entry = SOUNDS[row - instrument_rows(0)]
        rows.append(known[instrument_index(stem, entry.like)][None])
    return torch.cat(rows)


def warm_start(network: nn.Module, weights: Path) -> None:
    """Begins from the weights of an earlier run; parts that are new since then keep their first values.

    Raises:
        StudioError: for a file that is missing, or belongs to another network.
    """
    if not weights.is_file():
        raise StudioError("There are no weights to start from", seen=str(weights), todo="check --start")
    try:
        tensors = load_file(weights)
        if isinstance(network, MelModel) and "instrument.weight" in tensors:
            tensors["instrument.weight"] = _with_new_sounds(network, tensors["instrument.weight"])
        missing = network.load_state_dict(tensors, strict=False).missing_keys
    except RuntimeError as error:
        raise StudioError(
            "The weights to start from do not fit", seen=str(error).splitlines()[-1].strip(),
            todo="use weights of the same stage",
        ) from error  # fmt: skip
    print(f"started from {weights}" + (f", new: {', '.join(missing)}" if missing else ""), flush=True)
