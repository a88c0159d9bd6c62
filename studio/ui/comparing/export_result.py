"""What an export wrote, and each rule that each file was proved by."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio.core.language import tr, trn
from studio.services.exporting.credits import credits_words
from studio.services.exporting.export import ExportedCandidate
from studio.services.exporting.proof import summary
from studio.services.exporting.proof_rules import FAIL, PASS
from studio.storage.outside import as_outside
from studio.ui.appearance import theme
from studio.ui.appearance.widgets import label, push

_NAME, _STATE, _FOUND = range(3)


class ExportResult(QDialog):
    """Lists PASS or FAIL by file, and by rule below it; names the folder, and opens it.

    Attributes:
        states: PASS or FAIL by file name.
    """

    def __init__(self, results: Sequence[ExportedCandidate], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Exported"))
        self.setMinimumSize(780, 480)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(12)
        self.states = {name: state for result in results for name, state in result.checks.items()}
        passed = all(state == PASS for state in self.states.values())
        column.addWidget(
            label(tr("Exported and verified") if passed else tr("Exported, but not all is well"), "title")
        )
        folder = results[0].folder if len(results) == 1 else results[0].folder.parent
        where = label(str(folder), "muted", wrap=True)
        where.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column.addWidget(where)
        self.tree = QTreeWidget()
        self.tree.setColumnCount(3)
        self.tree.setHeaderLabels([tr("File and rule"), tr("Proof"), tr("Found")])
        self.tree.setAccessibleName(tr("Rules of each file"))
        # The song may be long; what tells its files apart comes after it.
        self.tree.setTextElideMode(Qt.TextElideMode.ElideLeft)
        header = self.tree.header()
        header.setStretchLastSection(True)
        header.setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Interactive)
        header.resizeSection(_NAME, 390)
        header.resizeSection(_STATE, 64)
        for result in results:
            self._add(result, len(results) > 1)
        column.addWidget(self.tree, 1)
        rules = summary(tuple(check for result in results for check in result.proof))
        said = [tr("Read back by other programs' readers: {rules}.", rules=rules)]
        lowered = {result.levels.text for result in results if result.levels and result.gain_db}
        if len(lowered) > 1:
            lowered = {tr("Levels were lowered: by how much is told beside each candidate.")}
        said += sorted(lowered)
        if any(result.credits for result in results):
            said.append(credits_words())
        column.addWidget(label(" ".join(said), "muted", wrap=True))
        warned = {result.nearest.words for result in results if result.nearest.is_like}
        warned |= {result.marks.warning for result in results if result.marks.warning}
        if warned:
            column.addWidget(label(" ".join(sorted(warned)), "fail", wrap=True))
        buttons = QHBoxLayout()
        self.open_folder = push(tr("Open folder"), icon_name="folder-open-outline")
        close = push(tr("Close"), primary=True)
        buttons.addWidget(self.open_folder)
        buttons.addStretch(1)
        buttons.addWidget(close)
        column.addLayout(buttons)
        url = QUrl.fromLocalFile(str(folder))
        self.open_folder.clicked.connect(lambda: _open(url))
        close.clicked.connect(self.accept)
        close.setFocus()

    def _add(self, result: ExportedCandidate, several: bool) -> None:
        root: QTreeWidget | QTreeWidgetItem = self.tree
        if several:
            state = FAIL if FAIL in result.checks.values() else PASS
            found = summary(result.proof) + (f" · {result.gain_db:+.1f} dB" if result.gain_db else "")
            root = _item(self.tree, f"{result.folder.name}/", state, found)
            if result.levels is not None:
                root.setToolTip(_FOUND, result.levels.text)
            root.setExpanded(True)
        for name, state in result.checks.items():
            checks = [check for check in result.proof if check.file == name]
            file = _item(root, name, state, trn("{count} rule", "{count} rules", len(checks)))
            for check in checks:
                _item(file, check.rule, check.state, check.found)
            file.setExpanded(state == FAIL)


def _open(url: QUrl) -> None:
    with as_outside():
        QDesktopServices.openUrl(url)


def _item(parent: QTreeWidget | QTreeWidgetItem, name: str, state: str, found: str) -> QTreeWidgetItem:
    item = QTreeWidgetItem(parent, [name, state, found])
    item.setForeground(_STATE, theme.current().colour("good" if state == PASS else "danger"))
    item.setToolTip(_NAME, name)
    item.setToolTip(_FOUND, found)
    return item
