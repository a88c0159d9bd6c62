"""Which keys do what: the table's, but where the user chose another, which is remembered."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtGui import QKeySequence

from studio.ui.keys.shortcut_table import RATING, SHORTCUTS, Shortcut, share_keys
from studio.ui.window.preferences import Preferences

#: In the preferences; an empty text is no key at all.
_DEFAULT = "default"


class KeyMap:
    """Keys by action, as portable names."""

    def __init__(self, preferences: Preferences) -> None:
        self._preferences = preferences

    def keys(self, shortcut: Shortcut) -> tuple[str, ...]:
        """The keys of an action; the first is shown."""
        chosen = self._preferences.get(f"keys/{shortcut.name}", _DEFAULT)
        if chosen == _DEFAULT:
            return shortcut.keys
        return (chosen,) if chosen else ()

    def shown(self, shortcut: Shortcut) -> str:
        """The first key as this system writes it; empty for none."""
        keys = self.keys(shortcut)
        return QKeySequence(keys[0]).toString(QKeySequence.SequenceFormat.NativeText) if keys else ""

    def owner(self, key: QKeySequence, among: Iterable[Shortcut] = SHORTCUTS) -> Shortcut | None:
        """Whose key that is now."""
        for shortcut in among:
            if key in [QKeySequence(name) for name in self.keys(shortcut)]:
                return shortcut
        return None

    def choose(self, shortcut: Shortcut, key: QKeySequence) -> Shortcut | None:
        """Gives an action one key, or none if it is empty. Returns the owner, and changes nothing, if it is taken."""
        rivals = [
            other for other in (*SHORTCUTS, *RATING) if other is not shortcut and share_keys(other, shortcut)
        ]
        owner = None if key.isEmpty() else self.owner(key, rivals)
        if owner is not None:
            return owner
        self._preferences.set(f"keys/{shortcut.name}", key.toString())
        return None

    def reset(self) -> None:
        """The table's keys for everything."""
        for shortcut in (*SHORTCUTS, *RATING):
            self._preferences.set(f"keys/{shortcut.name}", _DEFAULT)
