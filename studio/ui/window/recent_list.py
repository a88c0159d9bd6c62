"""The projects that were open lately: on the start page, and as File > Open recent."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QPushButton, QVBoxLayout

from studio.core.language import tr, trn
from studio.storage.recent import RecentProject
from studio.ui.appearance.widgets import ElidedLabel, label, set_role, tight

_MOST_ON_PAGE = 5
_MOST_IN_MENU = 12


class RecentList(QFrame):
    """Emits `open_requested` with a path. Hidden while there is nothing to show."""

    open_requested = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        tight(self._column, spacing=4)
        self.rows: list[QPushButton] = []
        self.setFixedWidth(520)
        self.hide()

    def show_projects(self, projects: Sequence[RecentProject]) -> None:
        """Those that are still there, latest first."""
        while (item := self._column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        self.rows = []
        shown = [project for project in projects if project.is_there][:_MOST_ON_PAGE]
        if shown:
            self._column.addWidget(label(tr("RECENT"), "section"))
        for project in shown:
            row = _Row(project)
            row.clicked.connect(lambda _=False, path=project.path: self.open_requested.emit(Path(path)))
            self._column.addWidget(row)
            self.rows.append(row)
        self.setVisible(bool(shown))


class _Row(QPushButton):
    def __init__(self, project: RecentProject) -> None:
        super().__init__()
        set_role(self, "recent")
        self.setFixedHeight(38)
        self.setToolTip(project.path)
        self.setAccessibleName(
            tr(
                "Open {title}, {described}",
                title=project.title or Path(project.path).stem,
                described=described(project),
            )
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 12, 0)
        title = ElidedLabel(project.title or Path(project.path).stem, "title")
        about = label(described(project), "muted")
        for part in (title, about):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        row.addWidget(title, 1)
        row.addWidget(about)


def described(project: RecentProject, today: datetime.date | None = None) -> str:
    """'4 candidates · yesterday'."""
    count = project.candidates
    made = trn("{count} candidate", "{count} candidates", count) if count else tr("no candidates yet")
    return " · ".join(filter(None, (made, _when(project.opened_at, today or datetime.date.today()))))


def fill_menu(menu: QMenu, projects: Sequence[RecentProject], open_path: Callable[[Path], object]) -> None:
    """Anew each time it opens; what is not there any more is greyed out."""
    menu.clear()
    for project in projects[:_MOST_IN_MENU]:
        action = menu.addAction(
            f"{project.title or Path(project.path).stem}  ({described(project)})".replace("&", "&&")
        )
        action.setEnabled(project.is_there)
        action.setToolTip(project.path)
        action.triggered.connect(lambda _=False, path=project.path: open_path(Path(path)))
    if not projects:
        menu.addAction(tr("Nothing yet")).setEnabled(False)


def _when(at: str, today: datetime.date) -> str:
    try:
        days = (today - datetime.datetime.fromisoformat(at).date()).days
    except ValueError:
        return ""
    return tr("today") if days <= 0 else tr("yesterday") if days == 1 else tr("{days} days ago", days=days)
