"""What a child of two candidates shall have of whom: each gene of the one, of the other, of either, or new."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from studio.core.candidate import Candidate
from studio.core.request import GENES, Breed
from studio.ui.appearance.widgets import Segments, label, push

#: What each gene is, see core.request.GENES.
_ABOUT = {
    "style": "density and swing too",
    "chords": "and how the energy goes",
    "drums": "notes and instrument",
    "bass": "notes and instrument",
    "harmony": "notes and instrument",
    "lead": "notes and instrument",
    "sound": "the players' timing and touch",
}
#: Shares of the phrases that are drawn anew.
_MUTATIONS = (("None", 0.0), ("A little", 0.1), ("More", 0.3))


class BreedDialog(QDialog):
    """Emits `wanted` with the Breed."""

    wanted = Signal(object)

    def __init__(self, a: Candidate, b: Candidate, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._parents = a, b
        self.setWindowTitle(f"More like {a.number} and {b.number}")
        self.setMinimumWidth(560)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.genes: dict[str, Segments] = {}
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(2, 1)
        choices = [("Either", ""), (f"Of {a.number}", "a"), (f"Of {b.number}", "b"), ("New", "new")]
        for row, gene in enumerate(GENES):
            grid.addWidget(label(gene.capitalize()), row, 0)
            grid.addWidget(label(_ABOUT[gene], "small"), row, 1)
            self.genes[gene] = Segments(choices, name=gene.capitalize())
            grid.addWidget(self.genes[gene], row, 2)
        self.mutation = Segments(_MUTATIONS, name="New phrases")
        self.mutation.set_value(0.1)
        grid.addWidget(label("New phrases"), len(GENES), 0)
        grid.addWidget(label("drawn anew here and there", "small"), len(GENES), 1)
        grid.addWidget(self.mutation, len(GENES), 2)
        self.ok, cancel = push("Make one", primary=True), push("Cancel")
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self.ok)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(12)
        column.addWidget(
            label(
                f"A child of candidates {a.number} and {b.number}; both stay. Beat and key are of {a.number}.",
                "muted",
            )
        )
        column.addLayout(grid)
        column.addLayout(buttons)
        self.ok.clicked.connect(self._on_ok)
        cancel.clicked.connect(self.reject)
        self.ok.setDefault(True)

    def _on_ok(self) -> None:
        genes = {gene: str(choice.value) for gene, choice in self.genes.items() if choice.value}
        self.wanted.emit(Breed(self._parents, genes, float(str(self.mutation.value))))
        self.accept()
