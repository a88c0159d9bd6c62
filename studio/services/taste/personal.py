"""A listener's own model: the shelf, its training, its blind test, and what of it the engine plays with.

Every method but the plain reads may take long and belongs to the generator's lane.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from studio.core.errors import StudioError
from studio.core.jobs import CancelToken, StepCallback
from studio.core.language import tr
from studio.core.pipeline import Run
from studio.services.generating.service import GenerationService
from studio.services.taste.adapters import AdapterShelf, shelf_folder
from studio.services.taste.lesson import make_lesson
from studio.services.taste.pairs import Pair, PairMaker
from studio.services.taste.ratings import TasteRatings
from studio.services.taste.screens import SongContext
from studio.services.taste.training import Learned, memory_needed, train_adapter
from studio.taste.judgement import Judgement
from studio.taste.model import learn
from studio.taste.prior import Prior


def shelf_of_user(data_dir: Path) -> AdapterShelf:
    """The user's shelf; where their data folder cannot be written, one that lasts as long as the program: a window
    that could not open for it would be worse."""
    try:
        return AdapterShelf(shelf_folder(data_dir))
    except OSError:
        return AdapterShelf(Path(tempfile.mkdtemp(prefix="backline-adapters-")))


class PersonalModel:
    """
    Args:
        service: of the band model.
        prior: see ScreenMaker.
    """

    def __init__(
        self,
        service: GenerationService,
        shelf: AdapterShelf,
        ratings: TasteRatings,
        models_dir: Path,
        prior: Callable[[str], Prior | None] = lambda _: None,
    ) -> None:
        self.shelf = shelf
        self._service, self._ratings, self._models_dir, self._prior = service, ratings, models_dir, prior
        self._pairs = PairMaker(service, self._in_use)

    # What is played with

    def apply(self) -> None:
        """Puts what the shelf says is in use into the engine. Raises StudioError where it cannot be; the model that
        comes with the program plays then."""
        if self.shelf.promoted is None:
            self._service.use_adapter(None)
            return
        if not self._service.loaded:
            # Whether it belongs to the models is seen when they are loaded.
            self._service.use_adapter(self.shelf.path(self.shelf.promoted), self.shelf.strength)
            return
        path, strength = self._in_use()
        self._service.use_adapter(path, strength)
        if self.shelf.problem is not None:
            raise self.shelf.problem

    def _in_use(self) -> tuple[Path | None, float]:
        return self.shelf.in_use(self._service.model_hashes)

    # Training and test

    def rated_clips(self, listener: str) -> int:
        """How many clips of a listener's counted votes there are to learn from. Raises StudioError."""
        judgements: Sequence[Judgement] = self._ratings.judgements(listener)
        if not judgements:
            return 0
        weights = learn(judgements).reliability.weights
        counted = [j for j, weight in zip(judgements, weights, strict=True) if weight > 0 and j.blind]
        return len({clip.key for j in counted for clip in j.clips if clip.role != "anchor"})

    def memory_needed(self) -> int:
        """Bytes a training takes beside the loaded models, estimated."""
        from studio.ml.adapting.clips import TrainingSettings

        return memory_needed(self._models_dir, TrainingSettings())

    def train(self, listener: str, run: Run) -> Learned:
        """See train_adapter."""
        judgements = self._ratings.judgements(listener)
        if not judgements:
            raise StudioError(
                tr("There is nothing to train on yet"),
                seen=tr("no votes"),
                todo=tr("Rate some screens first"),
            )
        taste = learn(judgements, self._prior(listener))
        lesson = make_lesson(self._ratings, taste, listener)
        return train_adapter(self._service, self.shelf, lesson, self._models_dir, run)

    def make(
        self, song: SongContext, number: int, new: Path, *, on_step: StepCallback, cancel: CancelToken
    ) -> Pair:
        """A pair of the blind test, see PairMaker."""
        return self._pairs.make(song, number, new, on_step=on_step, cancel=cancel)
