"""The language of the window: the system's, unless the user chose one or the environment names one.

Texts are made when widgets are, so a choice counts from the next start on. Qt's own buttons and menus come from the
catalogue that is installed with PySide6; the packaged program has it beside ours.
"""

from __future__ import annotations

import os

from PySide6.QtCore import QDateTime, QLibraryInfo, QLocale, Qt, QTranslator
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QApplication

from studio.core.language import SOURCE, language, later, tr
from studio.storage.translations import VARIABLE, languages, translations_dir, use_language
from studio.ui.window.preferences import Preferences

SYSTEM = "system"
_KEY = "language"
#: Writing systems that a language cannot do without.
_SCRIPTS = {"ja": QFontDatabase.WritingSystem.Japanese}


def speak(app: QApplication, preferences: Preferences) -> QTranslator | None:
    """Sets the language of this process and of those it starts, before any widget is made.

    Returns:
        What translates Qt's own texts; None where nothing does.
    """
    asked = os.environ.get(VARIABLE, "")
    use_language(asked if asked in languages() else _resolved(chosen(preferences)))
    translator = QTranslator(app)
    folders = (QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath), str(translations_dir()))
    if language() == SOURCE or not any(translator.load(f"qtbase_{language()}", f) for f in folders):
        return None
    app.installTranslator(translator)
    return translator


def choices() -> list[tuple[str, str]]:
    """(value, text) of what can be chosen; a language is called as it calls itself."""
    return [(SYSTEM, later("Follow the system")), *languages().items()]


def chosen(preferences: Preferences) -> str:
    """'system', or the code of the language the user chose."""
    code = preferences.get(_KEY, SYSTEM)
    return code if code in (SYSTEM, *languages()) else SYSTEM


def choose(preferences: Preferences, code: str) -> None:
    preferences.set(_KEY, code)


def dated(at: str, form: str) -> str:
    """A moment (ISO 8601) in local time, its month in the language of the window; empty where it is none.

    Args:
        form: as QLocale has it, of that language too.
    """
    moment = QDateTime.fromString(at, Qt.DateFormat.ISODate).toLocalTime()
    return QLocale(language()).toString(moment, form) if moment.isValid() else ""


def missing_font(code: str) -> str:
    """That no font on this machine has the script of a language, as a sentence to add; empty where one has."""
    script = _SCRIPTS.get(_resolved(code))
    if script is None or QFontDatabase.families(script):
        return ""
    return tr(" No font for it was found: install one first, such as Noto Sans CJK.")


def _resolved(code: str) -> str:
    """The code of a language there is: the one chosen, else the system's, else English."""
    known = languages()
    if code in known:
        return code
    wanted = [name.split("-")[0] for name in QLocale.system().uiLanguages()]
    return next((name for name in wanted if name in known), SOURCE)
