"""What to ask for: style, density, how many, which seed, and folded away what else can be wished; then Generate, and
while it runs its progress."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QProgressBar,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
)

from studio.core.amounts import in_minutes
from studio.core.controls import DENSITIES, Controls
from studio.core.engines import BAND_MODEL, ENGINES
from studio.core.jobs import Progress
from studio.core.language import capital, tr
from studio.core.score import STYLES
from studio.ui.appearance import theme
from studio.ui.appearance.number_fields import WholeField
from studio.ui.appearance.scrolling import FittingScroll
from studio.ui.appearance.widgets import (
    Chooser,
    ElidedLabel,
    IconButton,
    Segments,
    icon,
    label,
    push,
    set_role,
    small_button,
    style_title,
    tight,
)
from studio.ui.generating.advanced_wishes import AdvancedWishes
from studio.ui.generating.seeds import FIRST_SEED, HIGHEST_SEED, seed_after

#: Of the seeds that are drawn: short ones are easier told.
_HIGHEST_DRAWN = 999_999
#: Controls that are folded away.
_FOLDED = frozenset({"energy", "instruments", "follow", "sound"})


@dataclass(frozen=True)
class Wishes:
    """The panel's fields."""

    controls: Controls
    candidates: int
    seed: int
    keep_seed: bool
    engine: str = BAND_MODEL.name


class RequestPanel(QFrame):
    """Emits `generate_requested`, `cancel_requested`, `engine_changed` (an EngineKind) and `changed` where another wish
    or seed is shown, `message` with why a seed is refused, and `withdrawn` with the same words once another is taken;
    the window says with `show_...` what goes on."""

    generate_requested = Signal()
    cancel_requested = Signal()
    engine_changed = Signal(object)
    changed = Signal()
    message = Signal(str)
    withdrawn = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        set_role(self, "panel")
        self.engine_box = Chooser()
        for kind in ENGINES.values():
            self.engine_box.addItem(tr(kind.title), kind.name)
        self.style_box = Chooser()
        self.style_box.addItem(tr("Any style"), None)
        for style in STYLES:
            self.style_box.addItem(style_title(style), style)
        self.style_box.setMaxVisibleItems(20)
        self.more = small_button(
            tr("More wishes"), tr("Energy, instruments, who plays them, and how closely to follow the singer")
        )
        self.more.setCheckable(True)
        self.advanced = AdvancedWishes()
        self.folded = ElidedLabel("", "small")
        self.density = Segments(
            [(tr("Any"), None), *((capital(tr(d)), d) for d in DENSITIES)], name=tr("Density")
        )
        self.count = Segments([(str(n), n) for n in range(1, 9)], name=tr("Candidates"))
        self.count.set_value(4)
        self.seed = WholeField(0, HIGHEST_SEED)
        self.seed.setValue(FIRST_SEED)
        self.dice = IconButton("dice-5-outline", tr("Another seed"))
        self.pin = IconButton("pin-outline", tr("Keep this seed for the next request"), checkable=True)
        self.generate = push(tr("Generate"), icon_name="creation", primary=True)
        self.generate.setToolTip(tr("Generate (G)"))
        self.cancel = push(tr("Cancel"))
        self.cancel.setToolTip(tr("Cancel (Ctrl+.)"))
        self.stage = ElidedLabel("", "muted")
        self.eta = label("", "muted")
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)

        grid = QGridLayout()
        tight(grid, spacing=8)
        grid.setColumnStretch(1, 1)
        seeds = QHBoxLayout()
        tight(seeds)
        seeds.addWidget(self.seed, 1)
        seeds.addWidget(self.dice)
        seeds.addWidget(self.pin)
        for row, (text, field) in enumerate(
            (
                (tr("Engine"), self.engine_box),
                (tr("Style"), self.style_box),
                (tr("Density"), self.density),
                (tr("Candidates"), self.count),
            )
        ):
            field.setAccessibleName(text)
            grid.addWidget(label(text, "muted"), row, 0)
            grid.addWidget(field, row, 1)
        self.seed.setAccessibleName(tr("Seed"))
        grid.addWidget(label(tr("Seed"), "muted"), 4, 0)
        grid.addLayout(seeds, 4, 1)
        fields = QFrame()
        inner = QVBoxLayout(fields)
        tight(inner, spacing=theme.UNIT * 2)
        inner.addLayout(grid)
        inner.addWidget(self.more)
        inner.addWidget(self.folded)
        inner.addWidget(self.advanced)
        self.advanced.hide()
        self.folded.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(theme.UNIT * 2)
        column.addWidget(label(tr("ACCOMPANIMENTS"), "section"))
        # In a low window the wishes scroll, and Generate stays in sight.
        column.addWidget(FittingScroll(fields), 1)
        column.addSpacing(theme.UNIT)
        column.addWidget(self._foot())

        self.generate.clicked.connect(self.generate_requested)
        self.cancel.clicked.connect(self.cancel_requested)
        self.dice.clicked.connect(lambda: self.seed.setValue(random.randint(1, _HIGHEST_DRAWN)))
        self.more.toggled.connect(self.advanced.setVisible)
        self.more.toggled.connect(self._show_folded)
        self.advanced.changed.connect(self._show_folded)
        self.engine_box.currentIndexChanged.connect(self._show_abilities)
        for told in (
            self.engine_box.currentIndexChanged,
            self.style_box.currentIndexChanged,
            self.density.chosen,
            self.count.chosen,
            self.advanced.changed,
            self.seed.valueChanged,
            self.pin.toggled,
        ):
            told.connect(lambda *_: self.changed.emit())
        self.seed.refused.connect(self.message)
        self.seed.withdrawn.connect(self.withdrawn)
        self.show_ready(False)
        self.show_idle()

    def _foot(self) -> QStackedWidget:
        """Generate, or in its very place what goes on: a request moves nothing when it begins or ends."""
        self._busy = QFrame()
        texts = QHBoxLayout()
        tight(texts, spacing=8)
        texts.addWidget(self.stage, 1)
        texts.addWidget(self.eta)
        lines = QVBoxLayout()
        tight(lines, spacing=6)
        lines.addLayout(texts)
        lines.addWidget(self.progress)
        busy = QHBoxLayout(self._busy)
        tight(busy, spacing=12)
        busy.addLayout(lines, 1)
        busy.addWidget(self.cancel)
        foot = QStackedWidget()
        foot.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        foot.addWidget(self.generate)
        foot.addWidget(self._busy)
        self._shown = foot
        return foot

    def refresh(self) -> None:
        """Redraws the button's icon in the colours of the theme."""
        self.generate.setIcon(icon("creation", "on_accent"))

    def show_unavailable(self, reasons: Mapping[str, str]) -> None:
        """Greys out the engines that cannot be used now; the tool tip says why. In the place of one that was chosen is
        the band model."""
        model = self.engine_box.model()
        assert isinstance(model, QStandardItemModel)
        for i in range(self.engine_box.count()):
            reason = reasons.get(self.engine_box.itemData(i))
            model.item(i).setEnabled(reason is None)
            model.item(i).setToolTip(reason or "")
        self._choose_engine(self.engine_box.currentData())

    def _choose_engine(self, name: str) -> None:
        """An engine that cannot be used is not chosen: the band model is."""
        model = self.engine_box.model()
        assert isinstance(model, QStandardItemModel)
        i = self.engine_box.findData(name)
        if i < 0 or not model.item(i).isEnabled():
            i = self.engine_box.findData(BAND_MODEL.name)
        self.engine_box.setCurrentIndex(i)

    def _show_abilities(self) -> None:
        """Greys out what the chosen engine does not heed, and says why."""
        kind = ENGINES[self.engine_box.currentData()]
        for field, names in (
            (self.style_box, {"style"}),
            (self.density, {"density"}),
            (self.more, _FOLDED),
            (self.advanced, _FOLDED),
        ):
            able = names <= kind.controls
            field.setEnabled(able)
            if not able:
                field.setToolTip(tr(kind.why_not))
            elif field.toolTip() in {tr(other.why_not) for other in ENGINES.values()}:
                field.setToolTip("")
        self._show_folded()
        self.engine_box.setToolTip(tr(kind.why_not))
        self.engine_changed.emit(kind)

    @property
    def wishes(self) -> Wishes:
        density, count = self.density.value, self.count.value
        assert isinstance(count, int)
        controls = Controls(
            style=self.style_box.currentData(),
            density=density if isinstance(density, str) else None,
            energy=self.advanced.energy,
            instruments=self.advanced.instruments,
            follow=self.advanced.follow,
            sound=self.advanced.sound,
        )
        engine = self.engine_box.currentData()
        return Wishes(controls, count, self.seed.value(), self.pin.isChecked(), engine)

    def finish_typing(self) -> bool:
        """Takes what is still being typed, as Enter does; False where it is refused: why is told."""
        return not self.seed.is_being_typed or self.seed.settle()

    def set_wishes(self, wishes: Wishes) -> None:
        """Shows wishes; folded fields are unfolded where one of them is set."""
        controls = wishes.controls
        self._choose_engine(wishes.engine)
        self.style_box.setCurrentIndex(max(0, self.style_box.findData(controls.style)))
        self.density.set_value(controls.density)
        self.advanced.show_controls(controls)
        self.more.setChecked(any(getattr(controls, name) for name in _FOLDED))
        self.count.set_value(wishes.candidates)
        self.seed.setValue(wishes.seed)
        self.pin.setChecked(wishes.keep_seed)

    def show_song(self, seed: int, *, keep: bool) -> None:
        """Another song, with a seed of its own, and whether it is kept there."""
        self.seed.setValue(seed)
        self.pin.setChecked(keep)

    def next_seed(self) -> None:
        """After a finished request the same button gives something new, unless the seed is kept."""
        if not self.pin.isChecked():
            self.seed.setValue(seed_after(self.seed.value()))

    def _show_folded(self) -> None:
        """What is wished in folded fields is told while they are not in sight: it holds for the next song too."""
        self.folded.setText(" · ".join(self.advanced.wished))
        self.folded.setVisible(
            bool(self.folded.text()) and self.more.isEnabled() and not self.more.isChecked()
        )

    def show_ready(self, ready: bool) -> None:
        """Whether there is a vocal to accompany."""
        self.generate.setEnabled(ready)

    def show_progress(self, progress: Progress, remaining_s: float | None) -> None:
        self._shown.setCurrentWidget(self._busy)
        if self.cancel.isEnabled():
            self.stage.setText(capital(progress.stage))
            self.eta.setText(
                "" if remaining_s is None else tr("{duration} left", duration=in_minutes(remaining_s))
            )
        self.progress.setValue(round(progress.fraction * 1000))

    @property
    def doing(self) -> str:
        """What goes on, in a line, while a request runs."""
        return " · ".join(filter(None, (self.stage.text(), self.eta.text())))

    def show_cancelling(self) -> None:
        self.cancel.setEnabled(False)
        self.stage.setText(tr("Cancelling …"))
        self.eta.setText("")

    def show_idle(self) -> None:
        self._shown.setCurrentWidget(self.generate)
        self.cancel.setEnabled(True)
        self.progress.setValue(0)
