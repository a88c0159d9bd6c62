"""Who sings, and what the song is called: for the window's title, the list of projects and the names of exports."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from studio.core.language import tr
from studio.ui.appearance.widgets import label


class CreditsDialog(QDialog):
    """Emits `wanted` (artist, title) when it is accepted; a song without a title cannot be: why is said, in a line that
    has its room from the start, so that nothing moves."""

    wanted = Signal(str, str)

    def __init__(self, artist: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Artist and title"))
        self.artist, self.title = QLineEdit(artist), QLineEdit(title)
        self.artist.setPlaceholderText(tr("none"))
        self._buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self._buttons.accepted.connect(self._accept)
        self._buttons.rejected.connect(self.reject)
        self.title.textChanged.connect(self._show_able)
        self.wrong = label(tr("A song needs a title"), "warning", wrap=True)
        self.wrong.ensurePolished()
        self.wrong.setMinimumHeight(self.wrong.sizeHint().height())
        fields = QFormLayout()
        fields.setSpacing(8)
        for name, field in ((tr("Title"), self.title), (tr("Artist"), self.artist)):
            field.setAccessibleName(name)
            field.setMinimumWidth(320)
            fields.addRow(name, field)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 12)
        column.setSpacing(12)
        about = tr("Exported files are named by them. The project's folder keeps its name.")
        column.addWidget(label(about, "muted", wrap=True))
        column.addLayout(fields)
        column.addWidget(self.wrong)
        column.addWidget(self._buttons)
        self._show_able()
        self.title.selectAll()
        self.title.setFocus()

    @property
    def ok(self) -> QPushButton:
        return self._buttons.button(QDialogButtonBox.StandardButton.Ok)

    def _show_able(self) -> None:
        able = bool(self.title.text().strip())
        self.ok.setEnabled(able)
        self.wrong.setText("" if able else tr("A song needs a title"))

    def _accept(self) -> None:
        self.wanted.emit(self.artist.text().strip(), self.title.text().strip())
        self.accept()
