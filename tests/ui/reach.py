"""Whether what is there can be reached: seen, or scrolled to, and not squashed."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QScrollBar,
    QWidget,
)

from studio.ui.timeline.timeline import TimelineView

CONTROLS = (
    QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit, QPlainTextEdit, TimelineView,
)  # fmt: skip


def controls(root: QWidget) -> list[QWidget]:
    """Everything one can do something with that is not folded away. Parts of a field count as the field."""
    found = []
    for widget in root.findChildren(QWidget):
        owner = widget.parentWidget()
        part = isinstance(owner, QAbstractSpinBox | QComboBox | QAbstractScrollArea) or isinstance(
            widget, QScrollBar
        )
        if (
            isinstance(widget, CONTROLS)
            and widget.isVisibleTo(root)
            and not part
            and widget.window() is root.window()
        ):
            found.append(widget)
    return found


def unreachable(root: QWidget) -> list[str]:
    """The controls and texts of a window that lie where nobody can see or scroll to, or are squashed, in words."""
    texts = [
        text
        for text in root.findChildren(QLabel)
        if text.isVisibleTo(root) and text.text() and text.window() is root.window()
    ]
    return [why for widget in (*controls(root), *texts) if (why := _why(widget, root))]


def _why(widget: QWidget, root: QWidget) -> str:
    name = f"{type(widget).__name__} {widget.accessibleName() or getattr(widget, 'text', str)()!r}"
    least, given = widget.minimumSizeHint().boundedTo(widget.maximumSize()), widget.minimumSize()
    # One that was told how small it may be, by the style sheet for one, keeps to that.
    least = QSize(given.width() or least.width(), given.height() or least.height())
    if widget.width() < least.width() - 1 or widget.height() < least.height() - 1:
        return f"{name} is squashed: {widget.size().toTuple()}, not {least.toTuple()}"
    rect, at = QRect(QPoint(0, 0), widget.size()), widget
    while at is not root:
        parent = at.parentWidget()
        rect = rect.translated(at.pos())
        area = parent.parentWidget() if parent is not None else None
        if isinstance(area, QScrollArea) and area.viewport() is parent:
            off = Qt.ScrollBarPolicy.ScrollBarAlwaysOff
            if area.horizontalScrollBarPolicy() == off and (
                rect.left() < -1 or rect.right() > parent.width() + 1
            ):
                return f"{name} cannot be scrolled to in {type(area).__name__}"
            if parent.height() < 24:
                return f"{name} is in a scroll area of {parent.height()} pixels"
            rect = QRect(QPoint(0, 0), parent.size())  # what matters from here on is the area
        elif not parent.rect().adjusted(-1, -1, 1, 1).contains(rect):
            return (
                f"{name} at {rect.getRect()} lies outside {type(parent).__name__} {parent.size().toTuple()}"
            )
        at = parent
    return ""
