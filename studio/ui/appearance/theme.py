"""Colours, type sizes and the style sheet. One accent; everything else is a quiet grey.

Choices: an explicit palette on Fusion, because the desktop's own scheme is not reported everywhere (offscreen for
one); the style sheet names roles (`role="primary"`), so that no panel carries colours of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from string import Template

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from studio.core.language import later
from studio.storage.paths import resources_dir

#: Every distance is a multiple of this many pixels.
UNIT = 4
HEADER_WIDTH = 254
SIDE_WIDTH = 376
SCROLL_BAR = 10
GUTTER = 44  # the frequency axis left of every timeline

ICONS = resources_dir() / "icons"
#: (name in the preferences, name in the menu).
MODES = (("system", later("Follow the system")), ("dark", later("Dark")), ("light", later("Light")))

#: Fonts with Japanese glyphs, those of the systems first; the program brings none.
_JAPANESE = (
    "Hiragino Sans", "Yu Gothic UI", "Meiryo", "Noto Sans CJK JP", "Noto Sans JP", "Source Han Sans JP", "IPAexGothic",
    "TakaoPGothic", "VL PGothic",
)  # fmt: skip


@dataclass(frozen=True)
class Colours:
    """Hex colours by role, and the anchors of the spectrogram's colour map from silence to loud."""

    name: str
    window: str
    panel: str
    raised: str
    hover: str
    border: str
    text: str
    muted: str
    faint: str
    accent: str
    accent_hover: str
    on_accent: str
    danger: str
    warning: str
    good: str
    heat: tuple[str, ...]

    def colour(self, role: str, alpha: int = 255) -> QColor:
        """The colour of a role, alpha 0 to 255."""
        colour = QColor(getattr(self, role))
        colour.setAlpha(alpha)
        return colour

    @cache  # noqa: B019  # two instances for the life of the program
    def heat_table(self) -> list[int]:
        """256 opaque ARGB entries for the spectrogram."""
        colours = [QColor(name) for name in self.heat]
        anchors = np.array([(c.red(), c.green(), c.blue()) for c in colours], dtype=np.float64)
        at = np.linspace(0, len(anchors) - 1, 256)
        rgb = np.stack([np.interp(at, np.arange(len(anchors)), anchors[:, c]) for c in range(3)], axis=1)
        return [0xFF000000 | int(r) << 16 | int(g) << 8 | int(b) for r, g, b in rgb.round()]


DARK = Colours(
    name="dark", window="#14161a", panel="#1b1e23", raised="#262a31", hover="#2f343c", border="#343a43",
    text="#e7e9ec", muted="#9aa3ae", faint="#5c646f", accent="#4fd1b3", accent_hover="#6bdcc2", on_accent="#08211b",
    danger="#f2777a", warning="#e9b35f", good="#6fcf8e",
    heat=("#101216", "#1c1a3a", "#4b1d6b", "#8c2672", "#cf3f5c", "#f5793d", "#fbc067", "#fff7d6"),
)  # fmt: skip
LIGHT = Colours(
    name="light", window="#eceef1", panel="#f8f9fa", raised="#ffffff", hover="#e6e9ed", border="#cbd1d8",
    text="#1a1d21", muted="#5b6570", faint="#a3abb5", accent="#0b7f69", accent_hover="#096a58", on_accent="#ffffff",
    danger="#b3261e", warning="#8a5a00", good="#1d7a3c",
    heat=("#f4f6f8", "#dbe6ee", "#a9cbdc", "#6ba6c6", "#3d7cac", "#2a5290", "#241f63", "#140a33"),
)  # fmt: skip

_SHEET = Template("""
QMainWindow, QDialog { background: $window; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QToolTip { background: $raised; color: $text; border: 1px solid $border; padding: 4px; }
QFrame[role="panel"] { background: $panel; border: 1px solid $border; border-radius: 6px; }
QFrame[role="bar"] { background: $panel; border: 0; border-bottom: 1px solid $border; }
QFrame[role="row"] { background: $panel; border: 1px solid $border; border-radius: 6px; }
QFrame[role="row"][selected="true"] { border: 1px solid $accent; }
QFrame[role="drop"] { background: $panel; border: 2px dashed $border; border-radius: 12px; }
QFrame[role="drop"][over="true"] { border-color: $accent; }
QFrame[role="line"] { background: $border; border: 0; }
QScrollArea, QScrollArea > QWidget > QWidget { background: transparent; border: 0; }
QLabel { background: transparent; }
QLabel[role="hero"] { font-size: 22px; font-weight: 600; }
QLabel[role="title"] { font-size: 15px; font-weight: 600; }
QLabel[role="section"] { font-size: 11px; font-weight: 600; color: $muted; letter-spacing: 1px; }
QLabel[role="muted"] { color: $muted; font-size: 12px; }
QLabel[role="strong"] { font-weight: 600; }
QLabel[role="small"] { color: $muted; font-size: 11px; }
QLabel[role="small"][poor="true"], QLabel[role="figure"][poor="true"] { color: $warning; }
QLabel[role="figure"] { font-size: 13px; font-weight: 600; }
QLabel[role="stars"] { color: $accent; font-size: 11px; }
QLabel[role="warning"] { color: $warning; font-size: 12px; }
QLabel[role="clock"] { font-size: 20px; font-weight: 600; }
QLabel[role="badge"] { background: $raised; border: 1px solid $border; border-radius: 4px; font-weight: 600;
    font-size: 12px; }
QLabel[role="badge"][selected="true"] { background: $accent; border-color: $accent; color: $on_accent; }
QLabel[role="estimate"] { color: $muted; font-size: 11px; }
QLabel[role="estimate"][yours="true"] { color: $accent; font-weight: 600; }
QLabel[role="estimate"][wrong="true"] { color: $danger; font-weight: 600; }
QLabel[role="pass"] { color: $good; font-weight: 600; }
QLabel[role="fail"] { color: $danger; font-weight: 600; }
QPushButton { background: $raised; color: $text; border: 1px solid $border; border-radius: 4px; padding: 4px 12px;
    min-height: 20px; }
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $border; }
QPushButton:disabled { color: $faint; background: $panel; }
QPushButton:focus, QToolButton:focus { border: 1px solid $accent; }
QPushButton[role="choice"], QPushButton[role="recent"] { text-align: left; padding: 6px 12px; }
QPushButton[role="choice"]:checked { border: 1px solid $accent; background: $hover; font-weight: 600; }
QPushButton[role="primary"] { background: $accent; color: $on_accent; border: 1px solid $accent; font-weight: 600;
    padding: 6px 16px; }
QDialog QPushButton[role="primary"] { padding: 4px 16px; }
QPushButton[role="primary"]:hover { background: $accent_hover; border-color: $accent_hover; }
QPushButton[role="primary"]:focus { border: 1px solid $text; }
QPushButton[role="primary"]:disabled { background: $panel; color: $faint; border-color: $border; }
QPushButton[role="recent"] { text-align: left; }
QPushButton[role="recent"][selected="true"] { background: $hover; border: 1px solid $accent; color: $accent;
    font-weight: 600; }
QToolButton { background: transparent; border: 1px solid transparent; border-radius: 4px; padding: 4px; }
QToolButton:hover { background: $hover; }
QToolButton:checked { background: $raised; border-color: $border; }
QToolButton[role="mark"] { padding: 0; }
QToolButton[role="play"] { background: $raised; border: 1px solid $border; border-radius: 18px; }
QToolButton[role="play"]:hover { background: $hover; }
QToolButton[role="segment"] { background: $raised; border: 1px solid $border; border-radius: 4px; color: $muted;
    padding: 3px 2px; font-size: 12px; min-height: 18px; }
QToolButton[role="segment"]:hover { color: $text; }
QToolButton[role="segment"]:focus { border-color: $text; }
QToolButton[role="segment"]:checked { background: $accent; border-color: $accent; color: $on_accent;
    font-weight: 600; }
QToolButton[role="letter"] { background: $raised; border: 1px solid $border; border-radius: 4px; font-size: 15px;
    font-weight: 600; padding: 2px 10px; }
QToolButton[role="letter"]:checked { background: $accent; border-color: $accent; color: $on_accent; }
QToolButton[role="letter"]:focus { border-color: $text; }
QToolButton[role="switch"] { background: transparent; border: 1px solid $border; border-radius: 4px; color: $muted;
    padding: 3px 10px; font-size: 12px; }
QToolButton[role="switch"]:hover { color: $text; }
QToolButton[role="switch"]:checked { border-color: $accent; color: $accent; }
QToolButton::menu-indicator { image: none; }
QToolButton[role="solo"], QToolButton[role="mute"] { background: $raised; border: 1px solid $border;
    border-radius: 4px; color: $muted; font-size: 11px; font-weight: 600; padding: 0; }
QToolButton[role="solo"]:checked { background: $accent; border-color: $accent; color: $on_accent; }
QToolButton[role="mute"]:checked { background: $warning; border-color: $warning; color: $window; }
QToolButton[role="stem"] { padding: 2px 6px; font-size: 12px; border: 1px solid transparent; }
QToolButton[role="stem"]:checked { background: transparent; border: 1px solid transparent;
    border-bottom: 1px solid $accent; border-radius: 0; color: $text; }
QToolButton[role="key"] { background: $raised; border: 1px solid $border; border-radius: 4px; padding: 1px 6px;
    font-size: 12px; }
QToolButton[role="key"]:hover, QToolButton[role="key"][waiting="true"] { border-color: $accent; }
QToolButton:checked:focus, QToolButton[role="solo"]:focus, QToolButton[role="mute"]:focus,
    QToolButton[role="stem"]:focus, QToolButton[role="stem"]:checked:focus, QToolButton[role="switch"]:focus,
    QToolButton[role="play"]:focus, QToolButton[role="key"]:focus { border: 1px solid $text; }
QToolButton:disabled, QToolButton[role="stem"]:disabled { color: $faint; }
QToolButton[role="segment"]:disabled, QToolButton[role="solo"]:disabled, QToolButton[role="mute"]:disabled
    { color: $faint; background: transparent; border-color: $border; }
QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox, QPlainTextEdit { background: $raised; color: $text;
    border: 1px solid $border; border-radius: 4px; padding: 3px 8px; min-height: 20px;
    selection-background-color: $accent; selection-color: $on_accent; }
QPlainTextEdit { min-height: 64px; }
QAbstractSpinBox QLineEdit { border: 0; padding: 0; min-height: 0; background: transparent; }
QLineEdit[wrong="true"] { border: 1px solid $danger; }
QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus { border: 1px solid $accent; }
QLineEdit:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled, QComboBox:disabled { color: $faint;
    background: $panel; }
/* Not shown, but without an origin Qt leaves the text one pixel wide. */
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { subcontrol-origin: border; width: 16px; }
QComboBox::drop-down { border: 0; width: 22px; subcontrol-position: center right; }
QComboBox::down-arrow { image: url($icons/chevron-$name.svg); width: 12px; height: 12px; }
QComboBox QAbstractItemView { background: $raised; border: 1px solid $border; selection-background-color: $hover;
    selection-color: $text; outline: 0; }
QTreeView { background: $panel; border: 1px solid $border; border-radius: 6px; outline: 0; padding: 4px; }
QTreeView::item { padding: 5px 6px; border: 0; }
QTreeView::item:hover { background: $hover; }
QTreeView::item:selected { background: $raised; color: $accent; }
QTableCornerButton::section { background: $panel; border: 0; border-bottom: 1px solid $border; }
QHeaderView { background: $panel; }
QHeaderView::section { background: $panel; color: $muted; border: 0; border-bottom: 1px solid $border; padding: 6px 8px;
    font-size: 11px; font-weight: 600; }
QProgressBar { background: $raised; border: 0; border-radius: 3px; min-height: 6px; max-height: 6px; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }
QProgressBar[role="meter"] { min-height: 0; max-height: 64px; }
QSlider { min-height: 20px; }
QSlider::groove:horizontal { height: 4px; background: $border; border-radius: 2px; }
QSlider::handle:horizontal { background: $text; width: 14px; height: 14px; margin: -5px 0; border-radius: 7px; }
QSlider::handle:horizontal:hover { background: $accent; }
QSlider::handle:horizontal:focus { background: $accent; }
QSlider::handle:horizontal:disabled { background: $faint; }
QMenuBar { background: $window; color: $text; padding: 2px 4px; }
QMenuBar::item { padding: 4px 8px; border-radius: 4px; background: transparent; }
QMenuBar::item:selected { background: $hover; }
QMenu { background: $raised; color: $text; border: 1px solid $border; padding: 4px; }
QMenu::item { padding: 5px 28px 5px 24px; border-radius: 4px; }
QMenu::item:selected { background: $hover; }
QMenu::item:disabled { color: $faint; }
QMenu::separator { height: 1px; background: $border; margin: 4px 8px; }
QSplitter::handle { background: transparent; image: none; }
QSplitter::handle:hover { background: $border; border-radius: 3px; }
QStatusBar { background: $window; color: $muted; font-size: 12px; }
QStatusBar::item { border: 0; }
QStatusBar QLabel { color: $muted; font-size: 12px; padding: 0 8px; }
QScrollBar:vertical { background: transparent; width: ${scroll_bar}px; margin: 0; }
QScrollBar::handle:vertical { background: $border; border-radius: 4px; min-height: 32px; margin: 1px; }
QScrollBar[idle="true"]::handle:vertical { background: transparent; }
QScrollBar::handle:vertical:hover { background: $muted; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle:horizontal { background: $border; border-radius: 4px; min-width: 32px; margin: 1px; }
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page { background: none; border: 0;
    width: 0; height: 0; }
""")


def resolve(mode: str) -> Colours:
    """The colours of 'dark' or 'light'; 'system' follows the desktop, dark where it says nothing."""
    if mode == "system":
        scheme = QApplication.styleHints().colorScheme()
        return LIGHT if scheme == Qt.ColorScheme.Light else DARK
    return LIGHT if mode == "light" else DARK


def current() -> Colours:
    """The colours in use."""
    return LIGHT if QApplication.palette().color(QPalette.ColorRole.Window).lightness() > 127 else DARK


def apply_theme(app: QApplication, mode: str) -> Colours:
    """Sets style, palette, font and style sheet of the whole application."""
    colours = resolve(mode)
    app.setStyle("Fusion")
    app.setPalette(_palette(colours))
    app.setFont(_font())
    fields = {k: v for k, v in vars(colours).items() if isinstance(v, str)}
    app.setStyleSheet(_SHEET.substitute(fields, icons=ICONS.as_posix(), scroll_bar=SCROLL_BAR))
    return colours


def _font() -> QFont:
    installed = set(QFontDatabase.families())
    wanted = ("Inter", "SF Pro Text", "Segoe UI", "Cantarell", "Noto Sans", "Open Sans", "DejaVu Sans")
    latin = next((f for f in wanted if f in installed), QApplication.font().family())
    font = QFont()
    # Chinese and Japanese share code points with glyphs of their own: without a name Qt takes whichever font is first.
    font.setFamilies([latin, *(f for f in _JAPANESE if f in installed)])
    font.setPixelSize(13)
    return font


def _palette(c: Colours) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for key, value in {
        role.Window: c.window, role.WindowText: c.text, role.Base: c.raised, role.AlternateBase: c.panel,
        role.Text: c.text, role.Button: c.raised, role.ButtonText: c.text, role.BrightText: c.danger,
        role.ToolTipBase: c.raised, role.ToolTipText: c.text, role.PlaceholderText: c.muted,
        role.Highlight: c.accent, role.HighlightedText: c.on_accent, role.Link: c.accent, role.Mid: c.border,
        role.Light: c.hover, role.Midlight: c.hover, role.Dark: c.border, role.Shadow: c.border,
    }.items():  # fmt: skip
        palette.setColor(key, QColor(value))
    for key in (role.Text, role.ButtonText, role.WindowText):
        palette.setColor(QPalette.ColorGroup.Disabled, key, QColor(c.muted))
    return palette
