"""The personal model: what is in use and how strongly, its training, its blind test, and the last five."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QMenu,
    QProgressBar,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.core.amounts import in_gb
from studio.core.language import later, retold, tr, trn
from studio.services.taste.shelf_state import ShelfEntry
from studio.services.taste.training import WRITTEN
from studio.taste.sequential import MOST_TRIALS
from studio.ui.appearance.language import dated
from studio.ui.appearance.widgets import (
    ElidedLabel,
    IconButton,
    SlidingBar,
    frame,
    label,
    push,
    small_button,
    tight,
)

_SIDE_LEAST, _SIDE_WIDTH = 280, 400
_STATES = {"promoted": later("in use"), "kept": later("kept"), "rejected": later("not used")}
#: What studio.ml says of a stem's sound; its other words are marked there.
_OF_SOUND = (
    later("darker {stem}"),
    later("brighter {stem}"),
    later("softer {stem}"),
    later("fuller {stem}"),
    later("less airy {stem}"),
    later("airier {stem}"),
)


def name_of(entry: ShelfEntry) -> str:
    """'27 Nov, 14:02', or its letters where no date is known."""
    return dated(entry.made_at, tr("d MMM, HH:mm")) or entry.id[:8]


def state_of(entry: ShelfEntry) -> str:
    """Where it stands, in words; of a test that goes on only how far it is."""
    if entry.state == "candidate":
        done = len(entry.test.outcomes)
        return tr("in its blind test, {done} compared", done=done) if done else tr("waits for its blind test")
    return tr(_STATES[entry.state])


def report_of(entry: ShelfEntry) -> str:
    """What its training said, and its test where that is decided."""
    report = entry.report
    if not report:
        return tr("Came from elsewhere.")
    written, minutes = int(report.get(WRITTEN, 0)), float(report.get("seconds", 0)) / 60
    rated = int(report.get("clips", 0)) - written
    told = [
        trn(
            "{count} clip and {written} written for it, {seconds:.0f} min.",
            "{count} clips and {written} written for them, {seconds:.0f} min.",
            rated,
            written=written,
            seconds=minutes,
        )
        if written
        else trn(
            "{count} clip, {seconds:.0f} min.", "{count} clips, {seconds:.0f} min.", rated, seconds=minutes
        )
    ]
    failed = [str(check["name"]) for check in report.get("checks", ()) if not check["passed"]]
    if not report.get("audible"):
        told.append(tr("No audible effect."))
    elif failed:
        told.append(tr("Not fit to be used: {names}.", names=tr("; ").join(_retold(name) for name in failed)))
    elif report.get("changes"):
        told.append(
            tr(
                "Changes what is played: {names}.",
                names=tr("; ").join(_retold(change) for change in report["changes"]),
            )
        )
    if entry.test.decision is not None:
        told.append(f"{entry.test.told}.")
    return " ".join(told)


def _retold(text: str) -> str:
    """A word of a report, which is kept in English."""
    return retold(text, _OF_SOUND)


class AdapterPage(QWidget):
    """Emits what is wanted; shows what the `show_` methods are told."""

    train_wanted = Signal()
    paused = Signal(bool)
    cancelled = Signal()
    test_wanted = Signal()
    strength_wanted = Signal(float)
    rollback_wanted = Signal()
    use_wanted = Signal(str)
    export_wanted = Signal(str)
    delete_wanted = Signal(str)
    import_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 12, 16, 12)
        row.setSpacing(20)
        row.addWidget(self._left(), 3)
        row.addWidget(self._shelf(), 2)

    def _left(self) -> QWidget:
        self.state, self.told = label("", "title"), label("", "muted", wrap=True)
        self.strength = SlidingBar()
        self.strength.setRange(0, 100)
        self.strength.setPageStep(10)
        self.strength.setMinimumWidth(120)
        self.strength.setMaximumWidth(200)
        self.strength.setAccessibleName(tr("Strength of your model"))
        self.strength.setToolTip(tr("0 is the model as it comes, 100 all that was learned"))
        self.strength_told = label("", "muted")
        self.rollback = push(tr("Back to the one before"))
        self.rollback.setToolTip(tr("What was in use before is in use again, to the bit"))
        self.need, self.memory = label("", "muted", wrap=True), label("", "muted", wrap=True)
        self.train = push(tr("Train"), primary=True)
        self.train.setToolTip(
            tr(
                "In the background; no bands are made meanwhile. Choosing and breeding need no "
                "training, which may well end as “no audible effect”"
            )
        )
        self.hold, self.cancel = push(tr("Pause")), push(tr("Cancel"))
        self.hold.setCheckable(True)
        self.cancel.setToolTip(tr("Trained the next time with the same votes, it goes on where it was"))
        self.doing = label("", "muted")
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(tr("Progress of the training"))
        self.about_test = label("", "muted", wrap=True)
        self.test = push(tr("Begin the blind test"), primary=True)

        def line(*widgets: QWidget) -> QHBoxLayout:
            made = QHBoxLayout()
            made.setSpacing(8)
            for widget in widgets:
                made.addWidget(widget)
            made.addStretch(1)
            return made

        self.told.hide()
        left = QWidget()
        column = QVBoxLayout(left)
        tight(column, spacing=8)
        column.addWidget(self.state)
        column.addWidget(self.told)
        column.addLayout(
            line(label(tr("Strength"), "muted"), self.strength, self.strength_told, self.rollback)
        )
        column.addSpacing(14)
        column.addWidget(label(tr("TRAINING"), "section"))
        column.addWidget(self.need)
        column.addWidget(self.memory)
        column.addLayout(line(self.train, self.hold, self.cancel, self.doing))
        column.addWidget(self.progress)
        column.addSpacing(14)
        column.addWidget(label(tr("BLIND TEST"), "section"))
        column.addWidget(self.about_test)
        column.addLayout(line(self.test))
        column.addStretch(1)
        self.strength.valueChanged.connect(lambda value: self.strength_told.setText(f"{value} %"))
        self.strength.sliderReleased.connect(self._on_strength)
        self.strength.actionTriggered.connect(lambda _: self._later())
        self.rollback.clicked.connect(self.rollback_wanted)
        self.train.clicked.connect(self.train_wanted)
        self.hold.clicked.connect(self.paused)
        self.cancel.clicked.connect(self.cancelled)
        self.test.clicked.connect(self.test_wanted)
        return left

    def _shelf(self) -> QWidget:
        side = frame("panel")
        side.setMinimumWidth(_SIDE_LEAST)
        side.setMaximumWidth(_SIDE_WIDTH)
        column = QVBoxLayout(side)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addWidget(label(tr("THE LAST FIVE"), "section"))
        self.none = label(
            tr("None yet. The model that comes with the program is never changed."), "muted", wrap=True
        )
        column.addWidget(self.none)
        inner = QWidget()
        self._rows = QVBoxLayout(inner)
        tight(self._rows, spacing=6)
        self._rows.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(inner)
        column.addWidget(scroll, 1)
        self.take = push(tr("Take one from a file …"))
        self.take.setToolTip(tr("A model that was exported from Backline; it is not used until you say so"))
        column.addWidget(self.take)
        self.take.clicked.connect(self.import_wanted)
        self.rows: dict[str, QFrame] = {}
        self.buttons: dict[str, QToolButton] = {}
        return side

    # What is shown

    def show_shelf(self, entries: Sequence[ShelfEntry], strength: float, *, before: bool) -> None:
        """
        Args:
            before: whether there is something to go back to.
        """
        used = next((entry for entry in entries if entry.state == "promoted"), None)
        self.state.setText(
            tr("In use: yours of {name}", name=name_of(used)) if used else tr("In use: the model as it comes")
        )
        self.strength.setEnabled(used is not None)
        self.strength.setValue(round(100 * strength))
        self.strength_told.setText(f"{round(100 * strength)} %")
        self.rollback.setEnabled(before)
        for row in self.rows.values():
            self._rows.removeWidget(row)
            row.deleteLater()
        self.rows, self.buttons = {}, {}
        self.none.setVisible(not entries)
        for place, entry in enumerate(entries):
            self.rows[entry.id] = self._row(entry)
            self._rows.insertWidget(place, self.rows[entry.id])
        candidate = next((entry for entry in entries if entry.state == "candidate"), None)
        self.test.setVisible(candidate is not None)
        if candidate is None:
            self.about_test.setText(
                tr("After a training you compare the new model with the one in use, blind.")
            )
        else:
            done = len(candidate.test.outcomes)
            self.test.setText(
                tr("Go on with the blind test ({done} compared)", done=done)
                if done
                else tr("Begin the blind test")
            )
            self.about_test.setText(
                tr(
                    "The model of {name} against the one in use: the same phrase and seed from both, up "
                    "to {most_trials} comparisons, often half of them. How it stands is told at the end.",
                    name=name_of(candidate),
                    most_trials=MOST_TRIALS,
                )
            )

    def _row(self, entry: ShelfEntry) -> QFrame:
        row = frame("row")
        lines = QVBoxLayout()
        tight(lines, spacing=2)
        name, state = label(name_of(entry), "strong"), ElidedLabel(state_of(entry), "muted")
        report = ElidedLabel(report_of(entry), "small")
        report.setToolTip(f"{report_of(entry)}\nSHA-256 {entry.sha256[:16]} …")
        top = QHBoxLayout()
        tight(top, spacing=8)
        top.addWidget(name)
        top.addWidget(state, 1)
        lines.addLayout(top)
        lines.addWidget(report)
        across = QHBoxLayout(row)
        across.setContentsMargins(12, 8, 6, 8)
        across.addLayout(lines, 1)
        if entry.state == "kept":
            use = small_button(tr("Use"), tr("Use the model of {name} again", name=name_of(entry)))
            use.setFixedWidth(48)
            use.clicked.connect(lambda _=False, key=entry.id: self.use_wanted.emit(key))
            across.addWidget(use)
            self.buttons[entry.id] = use
        more = IconButton(
            "dots-horizontal", tr("More about the model of {name}", name=name_of(entry)), role="muted"
        )
        menu = QMenu(more)
        offers: tuple[tuple[str, Callable[[], object]], ...] = (
            (tr("Save to a file …"), lambda: self.export_wanted.emit(entry.id)),
            (tr("Delete …"), lambda: self.delete_wanted.emit(entry.id)),
        )
        for text, do in offers:
            menu.addAction(text).triggered.connect(lambda _=False, do=do: do())
        more.setMenu(menu)
        more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        across.addWidget(more)
        row.setAccessibleName(tr("Model of {name}, {state}", name=name_of(entry), state=state_of(entry)))
        return row

    def tell(self, text: str) -> None:
        """What happened last."""
        self.told.setText(text)
        self.told.setVisible(bool(text))

    def show_need(self, clips: int, least: int, memory: int | None) -> None:
        """
        Args:
            clips: that were rated and count; `least` are needed.
            memory: bytes, estimated; None where nobody knows.
        """
        enough = clips >= least
        self.need.setText(
            trn(
                "{count} clip that you listened to and rated",
                "{count} clips that you listened to and rated",
                clips,
            )
            + (tr(": enough.") if enough else tr("; about {least} are needed.", least=least))
        )
        self.memory.setText(
            "" if memory is None else tr("It takes about {in_gb} of memory.", in_gb=in_gb(memory))
        )
        self.memory.setVisible(memory is not None)
        self.train.setEnabled(enough)

    def show_training(self, running: bool) -> None:
        self.train.setVisible(not running)
        for widget in (self.hold, self.cancel, self.progress):
            widget.setVisible(running)
        if not running:
            self.hold.setChecked(False)
            self.doing.setText("")
        self.hold.setText(tr("Pause"))

    def show_progress(self, stage: str, fraction: float, remaining_s: float | None) -> None:
        left = ""
        if remaining_s is not None and not self.hold.isChecked():
            minutes = remaining_s / 60
            left = (
                tr(" · about {minutes:.0f} min left", minutes=minutes)
                if minutes >= 1.5
                else tr(" · about {remaining_s:.0f} s left", remaining_s=max(1, remaining_s))
            )
        self.doing.setText(f"{stage}{left}")
        self.progress.setValue(round(1000 * fraction))
        self.hold.setText(tr("Go on") if self.hold.isChecked() else tr("Pause"))

    def _on_strength(self) -> None:
        self.strength_wanted.emit(self.strength.value() / 100)

    def _later(self) -> None:
        """A key or a click moved it: the value is there once this event is done."""
        if self.strength.isSliderDown():
            return
        QTimer.singleShot(0, self, self._on_strength)
