"""What a child of two candidates shall have of whom: each gene of the one, of the other, of either, or new."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QGridLayout, QVBoxLayout, QWidget

from studio.core.candidate import Candidate
from studio.core.language import capital, later, tr
from studio.core.request import GENES, Breed
from studio.ui.appearance.widgets import Segments, button_row, label, push

#: What each gene is, see core.request.GENES.
_ABOUT = {
    "style": later("density and swing too"),
    "chords": later("and how the energy goes"),
    "drums": later("notes and instrument"),
    "bass": later("notes and instrument"),
    "harmony": later("notes and instrument"),
    "lead": later("notes and instrument"),
    "sound": later("the players' timing and touch"),
}
#: Shares of the phrases that are drawn anew.
_MUTATIONS = ((later("None"), 0.0), (later("A little"), 0.1), (later("More"), 0.3))


class BreedDialog(QDialog):
    """Emits `wanted` with the Breed."""

    wanted = Signal(object)

    def __init__(self, a: Candidate, b: Candidate, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._parents = a, b
        self.setWindowTitle(tr("More like {number} and {number_2}", number=a.number, number_2=b.number))
        self.setMinimumWidth(560)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.genes: dict[str, Segments] = {}
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(2, 1)
        choices = [
            (tr("Either"), ""),
            (tr("Of {number}", number=a.number), "a"),
            (tr("Of {number}", number=b.number), "b"),
            (tr("New"), "new"),
        ]
        for row, gene in enumerate(GENES):
            grid.addWidget(label(capital(tr(gene))), row, 0)
            grid.addWidget(label(tr(_ABOUT[gene]), "small"), row, 1)
            self.genes[gene] = Segments(choices, name=capital(tr(gene)))
            grid.addWidget(self.genes[gene], row, 2)
        self.mutation = Segments([(tr(text), share) for text, share in _MUTATIONS], name=tr("New phrases"))
        self.mutation.set_value(0.1)
        grid.addWidget(label(tr("New phrases")), len(GENES), 0)
        grid.addWidget(label(tr("drawn anew here and there"), "small"), len(GENES), 1)
        grid.addWidget(self.mutation, len(GENES), 2)
        self.ok, cancel = push(tr("Make one"), primary=True), push(tr("Cancel"))
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(12)
        column.addWidget(
            label(
                tr(
                    "A child of candidates {number} and {number_2}; both stay. Beat and key are of {number}.",
                    number=a.number,
                    number_2=b.number,
                ),
                "muted",
            )
        )
        column.addLayout(grid)
        column.addLayout(button_row(cancel, self.ok))
        self.ok.clicked.connect(self._on_ok)
        cancel.clicked.connect(self.reject)
        self.ok.setDefault(True)

    def _on_ok(self) -> None:
        genes = {gene: str(choice.value) for gene, choice in self.genes.items() if choice.value}
        self.wanted.emit(Breed(self._parents, genes, float(str(self.mutation.value))))
        self.accept()
