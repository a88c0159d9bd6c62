"""The stages of making the models, in order: songs, tunes, sounds, pack, vocoder, mel, arrangement, replay, export.

Each finds what earlier ones left in the run folder, can be stopped at any moment, and goes on where it was when
it is asked for again.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from studio.core.errors import StudioError
from studio.core.jobs import CancelToken
from studio.ml.arrangement.loss import masked_losses
from studio.ml.device import choose_device
from studio.ml.sound.mel import MelContract
from studio.ml.sound.mel_model import MelModel
from studio.ml.sound.vocoder import Vocoder
from studio.training.runs import checkpoints
from studio.training.runs import distributed
from studio.training.runs import sources
from studio.training.collections.corpus import (
    heard_instruments,
    known_sounds,
    read_songs,
    sound_folders,
    write_songs,
    write_sounds,
)
from studio.training.runs.feed import MakeBatch
from studio.training.runs.loop import LoopConfig, LossesOf, Watch, train
from studio.training.runs.pace import kept_steps_within
from studio.training.runs.presets import Preset, StagePlan
from studio.training.runs.previews import BandPreview, StemPreview, WriteMidi
from studio.training.runs.provenance import provenance

#: Songs of the sound corpus that are held out, the first ones.
HELD_OUT_SOUNDS = 8


@dataclass(frozen=True)
class Workshop:
    """Where and how models are made.

    Attributes:
        run: folder of corpus, checkpoints, logs and previews.
        models: where exported weights go; previews use those there when the run has none of its own yet.
        workers: processes for the corpus, and for batches on CUDA.
        threads: of the networks; None for torch's own choice.
        start: weights of an earlier run that a stage begins from.
        collections: folders of tune collections by name (sources.COLLECTIONS).
    """

    run: Path
    models: Path
    preset: Preset
    workers: int
    threads: int | None
    write_midi: WriteMidi
    seed: int = 0
    start: Path | None = None
    compile: bool = False
    collections: dict[str, Path] = field(default_factory=dict)
    cancel: CancelToken = field(default_factory=CancelToken)


def make_songs(shop: Workshop) -> None:
    """Reads the collections once, and writes the song corpus."""
    tunes = _collected(shop)
    write_songs(shop.run / "songs", shop.preset.songs, tunes, workers=shop.workers, cancel=shop.cancel)


def make_tunes(shop: Workshop) -> None:
    """Writes known_tunes.npz beside the models: what a band is compared with."""
    from studio.core.known_tunes import packed
    from studio.training.collections.tune_index import index_of
    from studio.training.songs.skeleton_store import read_skeletons

    known = index_of(tune for path in _collected(shop) for tune in read_skeletons(path))
    content = packed(known)
    (shop.models / "known_tunes.npz").write_bytes(content)
    print(f"{len(known.names)} tunes, {len(known.prints)} phrases, {len(content)} bytes")


def _collected(shop: Workshop) -> list[Path]:
    """The tunes of all collections that there are, read once."""
    from studio.training.collections.lieder import lieder_skeletons
    from studio.training.collections.nottingham import nottingham_skeletons
    from studio.training.songs.skeleton_store import cached_skeletons

    readers = {"nottingham": nottingham_skeletons, "lieder": lieder_skeletons}
    for name, folder in shop.collections.items():
        cached_skeletons(sources.skeleton_file(shop.run, name), partial(readers[name], folder))
    files = [sources.skeleton_file(shop.run, name) for name in sources.COLLECTIONS]
    return [path for path in files if path.exists()]


def make_sounds(shop: Workshop) -> None:
    """Renders stretches of the songs."""
    try:
        from studio.training.sounds.render import FONTS, font_path
    except ImportError as error:
        raise StudioError(
            "Sounds cannot be rendered", seen=str(error), expected="the package tinysoundfont",
            todo='run: pip install --no-deps "tinysoundfont>=0.3.7"',
        ) from error  # fmt: skip
    for font in FONTS:
        font_path(font)
    _need(shop.run / "songs", "songs_*.npz", "songs")
    write_sounds(
        shop.run / "sounds", shop.run / "songs", shop.preset.sounds, workers=shop.workers, cancel=shop.cancel
    )


def pack_sounds(shop: Workshop) -> None:
    """The songs to train on in a few files, from which mel and vocoder start in seconds."""
    from studio.training.sounds.packed import pack

    _, kept = _sound_split(shop)
    sounds = known_sounds(heard_instruments(kept))
    pack(kept, shop.run / "packed", MelContract(), sounds, workers=shop.workers)


def train_arrangement(shop: Workshop) -> None:
    """Trains the arrangement model on all songs but every fiftieth."""
    from studio.training.runs.train_arrangement import MelodyBook, ScoreCrops, scores, split

    _need(shop.run / "songs", "songs_*.npz", "songs")
    book = MelodyBook(read_songs(shop.run / "songs"))
    device, plan = _device(shop), shop.preset.arrangement
    if device.type == "cuda":
        book.fill(shop.workers)
    kept, held_out = split(len(book.songs))
    test = ScoreCrops(book, held_out, 99, 32)
    mel, vocoder = (checkpoints.load_network(name, shop.run, shop.models) for name in ("mel", "vocoder"))
    voices = None
    if isinstance(mel, MelModel) and isinstance(vocoder, Vocoder):
        voices = mel.to(device), vocoder.to(device)
    preview = BandPreview(book, held_out[0], shop.run / "arrangement/previews", shop.write_midi, voices)
    _train(
        shop, "arrangement", plan, ScoreCrops(book, kept, shop.seed, plan.batch),
        lambda network: lambda batch: masked_losses(network, batch, device),
        Watch(lambda network: scores(network, test, device), preview),
        workers=shop.workers if device.type == "cuda" else 0,
    )  # fmt: skip


def train_mel(shop: Workshop) -> None:
    """Trains the mel model on all rendered songs but the first ones."""
    from studio.training.sounds.packed import packed_mels
    from studio.training.sounds.sounds import MelCrops, load_mels, load_sounds
    from studio.training.runs.train_sound import MEL_CROP, mel_losses, mel_scores

    held_out, kept = _sound_split(shop)
    device, plan, contract = _device(shop), shop.preset.mel, MelContract()
    config = _mel_config(shop, kept)
    test = MelCrops(
        load_mels(held_out, contract, config["sounds"]), device, seed=98, size=16, frames=MEL_CROP
    )
    mels = packed_mels(shop.run / "packed", kept, config["sounds"])
    if mels is None:
        mels = load_mels(kept, contract, config["sounds"], workers=shop.workers)
    crops = MelCrops(mels, device, seed=shop.seed, size=plan.batch, frames=MEL_CROP)
    del mels  # the crops have their own
    vocoder = checkpoints.load_network("vocoder", shop.run, shop.models)
    vocoder = vocoder or checkpoints.build("vocoder", checkpoints.default_config("vocoder"))
    assert isinstance(vocoder, Vocoder)
    preview = StemPreview(load_sounds(held_out[:1]), shop.run / "mel/previews")
    _train(
        shop, "mel", plan, crops,
        lambda network: lambda batch: mel_losses(network, crops.batch(batch), device),
        Watch(
            lambda network: mel_scores(network, test, device),
            lambda network, step: preview.of_mel_model(network, vocoder.to(device), step),
        ),
        config=config,
    )  # fmt: skip


def _mel_config(shop: Workshop, folders: list[Path]) -> dict[str, Any]:
    """Sizes of the mel model: it is to know the sounds that it hears, and stays what it was begun as."""
    begun = (shop.run / "mel/state.pt").exists()
    sounds = 0 if begun else known_sounds(heard_instruments(folders))
    settings = checkpoints.read_settings(shop.run, "mel")
    return {**checkpoints.default_config("mel"), "sounds": sounds, **settings.get("config", {})}


def train_vocoder(shop: Workshop) -> None:
    """Trains the vocoder on all rendered songs but the first ones."""
    from studio.training.sounds.packed import packed_sounds
    from studio.training.sounds.sounds import WaveCrops, load_sounds
    from studio.training.runs.train_sound import WAVE_CROP, vocoder_losses, vocoder_scores

    held_out, kept = _sound_split(shop)
    device, plan, hop = _device(shop), shop.preset.vocoder, MelContract().hop_length
    test = WaveCrops(load_sounds(held_out), device, seed=97, size=16, hops=WAVE_CROP, hop_length=hop)
    sounds = packed_sounds(shop.run / "packed", kept) or load_sounds(kept)
    crops = WaveCrops(
        sounds, device, seed=shop.seed, size=plan.batch, hops=WAVE_CROP, hop_length=hop
    )
    preview = StemPreview(load_sounds(held_out[:1]), shop.run / "vocoder/previews")
    _train(
        shop, "vocoder", plan, crops,
        lambda network: lambda batch: vocoder_losses(network, crops.batch(batch), device),
        Watch(lambda network: vocoder_scores(network, test, device), preview.of_vocoder),
    )  # fmt: skip


def make_replay(shop: Workshop) -> None:
    """Replay material for personal adapters, beside the weights; nothing for a run that knows no collection."""
    from studio.training.runs.export import export_replay

    _need(shop.run / "songs", "songs_*.npz", "songs")
    if any(sources.skeleton_file(shop.run, name).exists() for name in sources.COLLECTIONS):
        export_replay(shop.run, shop.models)


def export(shop: Workshop) -> None:
    """Averaged weights of every trained stage, their cards and the manifest."""
    from studio.training.runs.export import export_models

    export_models(shop.run, shop.models)


STAGES: dict[str, Callable[[Workshop], None]] = {
    "songs": make_songs,
    "tunes": make_tunes,
    "sounds": make_sounds,
    "pack": pack_sounds,
    "vocoder": train_vocoder,
    "mel": train_mel,
    "arrangement": train_arrangement,
    "replay": make_replay,
    "export": export,
}


def run_stage(name: str, shop: Workshop) -> None:
    """One stage, or 'all' in order.

    Raises:
        StudioError: for what is missing; JobCancelled: after saving, when `shop.cancel` was set.
    """
    if name == "all" or name in checkpoints.STAGES:
        _device(shop)  # a GPU that is not there is said before hours of work for it
        if shop.start is not None and not shop.start.is_file():
            raise StudioError(f"Cannot begin from {shop.start}", seen="no such file", todo="Check --start")
    if shop.threads:
        torch.set_num_threads(shop.threads)
    with distributed.joined(shop.preset.device):
        for stage in STAGES if name == "all" else (name,):
            if stage in checkpoints.STAGES:  # networks are trained by all processes, the rest is made by one
                print(f"{stage}:", flush=True)
                STAGES[stage](shop)
            elif distributed.first():
                print(f"{stage}:", flush=True)
                STAGES[stage](shop)
            distributed.wait()


def _train(
    shop: Workshop,
    stage: str,
    plan: StagePlan,
    make_batch: MakeBatch,
    losses: Callable[[Any], LossesOf],
    watch: Watch,
    *,
    config: dict[str, Any] | None = None,
    workers: int = 0,
) -> None:
    """Builds the network of a stage and trains it.

    Args:
        losses: network -> losses of a batch.
        config: sizes of the network, where they are not the usual ones.
    """
    with distributed.first_goes_first():
        settings = _begin(shop, stage, plan, config or checkpoints.default_config(stage))
    torch.manual_seed(shop.seed)
    network: nn.Module = checkpoints.build(stage, settings["config"])
    if shop.start and not (shop.run / stage / "state.pt").exists():
        checkpoints.warm_start(network, shop.start)
    steps = plan.steps
    if plan.seconds is not None:
        pace = shop.run / stage / "pace.json"
        steps = kept_steps_within(pace, plan.seconds, network, losses, make_batch, _device(shop))
    loop = LoopConfig(
        steps, plan.learning_rate, plan.warmup, save_every=shop.preset.save_every,
        preview_every=4 * shop.preset.save_every, seed=shop.seed, workers=workers, compile=shop.compile,
    )  # fmt: skip
    train(
        network, make_batch, losses(network), shop.run / stage, loop,
        device=_device(shop), watch=watch, cancel=shop.cancel,
    )  # fmt: skip


def _begin(shop: Workshop, stage: str, plan: StagePlan, config: dict[str, Any]) -> dict[str, Any]:
    """Keeps what a stage is begun with; raises StudioError when it was begun with something else."""
    settings: dict[str, Any] = {
        "config": config,
        **{name: value for name, value in asdict(plan).items() if name != "steps"},
        "seed": shop.seed,
        "device": shop.preset.device,
        **provenance(shop.run, stage, shop.start),
    }
    before = checkpoints.read_settings(shop.run, stage)
    if not before:
        folder = shop.run / stage
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "settings.json").write_text(json.dumps(settings, indent=1) + "\n", "utf-8")
        return settings
    for name in ("batch", "learning_rate", "warmup", "seed"):
        if before[name] != settings[name]:
            raise StudioError(
                f"{shop.run / stage} was begun with other settings",
                seen=f"{name} {settings[name]}", expected=f"{name} {before[name]}",
                todo="go on with the same preset, --batch and --seed, or use another --run",
            )  # fmt: skip
    return before


def _device(shop: Workshop) -> torch.device:
    return choose_device(shop.preset.device)


def _sound_split(shop: Workshop) -> tuple[list[Path], list[Path]]:
    """(held-out songs, songs to train on) of the sound corpus."""
    _need(shop.run / "sounds", "[0-9]*", "sounds")
    folders = list(sound_folders(shop.run / "sounds"))[: shop.preset.sounds]
    if len(folders) <= HELD_OUT_SOUNDS:
        raise StudioError(
            "The sound corpus is too small", seen=f"{len(folders)} songs", expected=f"more than {HELD_OUT_SOUNDS}",
            todo="run 'studio train sounds' with a larger --sounds",
        )  # fmt: skip
    return folders[:HELD_OUT_SOUNDS], folders[HELD_OUT_SOUNDS:]


def _need(folder: Path, pattern: str, stage: str) -> None:
    if not next(folder.glob(pattern), None):
        raise StudioError(
            f"There are no {stage} to train on", seen=f"nothing in {folder}",
            todo=f"run 'studio train {stage} --run {folder.parent}' first",
        )  # fmt: skip
