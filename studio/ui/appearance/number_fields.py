"""Fields for numbers: a comma and a point both begin the decimals, and no mark stands between thousands.

Qt's spin boxes read the other of the two as a mark between thousands and leave it out (0,5 is 5 then), say a number in
the way of the system, and cut silently what is out of their range or has too many digits. These show a point
everywhere, as rows, names and exports do; what cannot be is refused with words when typing ends, and the value
before stays.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QValidator
from PySide6.QtWidgets import QAbstractSpinBox, QDoubleSpinBox, QWidget

from studio.core.errors import StudioError
from studio.core.language import tr
from studio.ui.appearance.wheel import WheelPasses

#: What can be typed, be it a number or not: other keys do nothing.
_TYPED = re.compile(r"[\d.,+\-\s'’]*")
_DECIMAL = re.compile(r"[+-]?(?:\d+[.,]?\d*|[.,]\d+)")
_WHOLE = re.compile(r"[+-]?\d+")
_END = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class DecimalField(WheelPasses, QDoubleSpinBox):
    """A number with decimals, which looks and stands like a text field. Emits `refused` with why what was typed is not
    taken, `withdrawn` with the same words once a number is, and `taken_back` where typing ended with nothing said: by
    Escape, or with an empty field. Other signals of the value come when typing ends. The wheel
    passes it by, as it does a ListBox.

    Args:
        low, high: what can be; what `check` has its own words for may be outside.
        unit: shown behind the number.
        check: raises StudioError for a number that cannot be.
        said: how a number is shown; by default with all decimals.
    """

    refused = Signal(str)
    withdrawn = Signal(str)
    taken_back = Signal()
    _form = _DECIMAL
    _check: Callable[[float], None] | None = None
    _said: Callable[[float], str] | None = None

    def __init__(
        self,
        low: float,
        high: float,
        *,
        decimals: int = 3,
        unit: str = "",
        check: Callable[[float], None] | None = None,
        said: Callable[[float], str] | None = None,
    ) -> None:
        super().__init__()
        self._check, self._said = check, said
        self._refusal = ""
        self.setDecimals(decimals)
        self.setRange(low, high)
        self.setSuffix(unit)
        self.setKeyboardTracking(False)
        self.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self.lineEdit().setTextMargins(7, 0, 0, 0)
        self.setFixedHeight(28)  # as high as a list
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    # What is typed

    @property
    def typed(self) -> float | None:
        """The number that stands in the field now, taken or not; None where there is none."""
        return self._read(self._bare(self.lineEdit().text()))

    @property
    def wrong(self) -> str:
        """Why what stands in the field now cannot be taken; empty where it can, or nothing stands there."""
        return self._told_wrong(self._bare(self.lineEdit().text()))

    @property
    def is_being_typed(self) -> bool:
        return self.hasFocus() and self.lineEdit().isModified()

    def settle(self) -> bool:
        """Takes what is typed, as Enter does; False where it is refused."""
        wrong, typed = self.wrong, self._begin_end()
        self.interpretText()
        self._end(wrong, typed=typed)
        return not wrong

    def _bare(self, text: str) -> str:
        """Without the unit, in plain signs: a Japanese keyboard has wide ones."""
        text = unicodedata.normalize("NFKC", text).replace("\u2212", "-").strip()
        unit = self.suffix().strip().casefold()
        while unit and text.casefold().endswith(unit):  # once more where it was pasted with its unit
            text = text[: -len(unit)].strip()
        return text

    def _read(self, bare: str) -> float | None:
        return float(bare.replace(",", ".")) if self._form.fullmatch(bare) else None

    def _told_wrong(self, bare: str) -> str:
        if not bare:
            return ""
        number = self._read(bare)
        try:
            if number is None:
                raise _refusal(tr("This number cannot be read"), bare, self._readable())
            if self._check is not None:
                self._check(number)
            if not self.minimum() <= number <= self.maximum():
                low, high = map(self.textFromValue, (self.minimum(), self.maximum()))
                expected = tr("a number from {low} to {high}", low=low, high=high)
                raise _refusal(tr("This number is out of range"), bare, expected)
        except StudioError as error:
            return str(error)
        return ""

    def _readable(self) -> str:
        return tr("a number such as 93.5, without a mark between thousands")

    def _begin_end(self) -> bool:
        """Typing is about to end: whether something is typed. Nothing typed is nothing said."""
        typed = self.lineEdit().isModified()
        if typed and not self._bare(self.lineEdit().text()):
            self._take_back()
            return False
        return typed

    def _take_back(self) -> None:
        """The number before typing stands there again, or the one that holds by now where who listens says so."""
        self.setValue(self.value())
        self.lineEdit().setModified(False)
        self.taken_back.emit()

    def _end(self, wrong: str, *, typed: bool) -> None:
        """Typing has ended, and Qt has taken the number or put the one before there again."""
        self.lineEdit().setModified(False)
        if wrong:
            self._refusal = wrong
            self.refused.emit(wrong)
        elif typed and self._refusal:
            over, self._refusal = self._refusal, ""
            self.withdrawn.emit(over)

    # What Qt asks, and what it is told

    def validate(self, text: str, pos: int) -> tuple[QValidator.State, str, int]:
        bare = self._bare(text)
        if not _TYPED.fullmatch(bare):
            return QValidator.State.Invalid, text, pos
        taken = bool(bare) and not self._told_wrong(bare)
        return QValidator.State.Acceptable if taken else QValidator.State.Intermediate, text, pos

    def fixup(self, text: str) -> str:
        return text  # Qt leaves marks between thousands out

    def valueFromText(self, text: str) -> float:
        bare = self._bare(text)
        if self._read(bare) is None:
            return self.value()
        # Of what is typed: the nearest float of 92.5555 lies below it, and would be cut to 92.555.
        typed = Decimal(bare.replace(",", "."))
        return float(typed.quantize(Decimal(1).scaleb(-self.decimals()), ROUND_HALF_UP))

    def textFromValue(self, value: float) -> str:
        return self._said(value) if self._said is not None else f"{value:.{self.decimals()}f}"

    def setValue(self, value: float) -> None:
        # Rounded as it is said: Qt rounds the half up, Python to the even one.
        super().setValue(round(value, self.decimals()))

    def stepBy(self, steps: int) -> None:
        if self.settle():  # from what is typed, not from what was there before
            super().stepBy(steps)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            if self.lineEdit().isModified():
                self._take_back()
            event.ignore()  # the window takes the focus from the field, a dialog closes
            return
        ends = event.key() in _END
        wrong = self.wrong if ends else ""
        typed = self._begin_end() if ends else False
        super().keyPressEvent(event)
        if ends:
            self._end(wrong, typed=typed)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        if event.reason() == Qt.FocusReason.PopupFocusReason:
            QWidget.focusOutEvent(self, event)  # a menu, maybe to paste: typing goes on after it
            return
        wrong, typed = self.wrong, self._begin_end()
        super().focusOutEvent(event)
        self._end(wrong, typed=typed)


class WholeField(DecimalField):
    """A whole number."""

    _form = _WHOLE

    def __init__(self, low: int, high: int) -> None:
        super().__init__(low, high, decimals=0)

    def value(self) -> int:
        return round(super().value())

    def _readable(self) -> str:
        return tr("a whole number, without a mark between thousands")


def _refusal(what: str, seen: str, expected: str) -> StudioError:
    return StudioError(what, seen=seen, expected=expected, todo=tr("The one before stays"))
