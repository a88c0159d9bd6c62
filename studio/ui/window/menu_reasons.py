"""An action with nothing to do is grey while its menu is open, and its tool tip says why.

Only then: what can be done changes with every step, and a key that was switched off in time but not on again would be a
dead key. Pressed in vain, a key does nothing, or says why itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow, QMenu

from studio.core.candidate import Candidate
from studio.core.counting import difference
from studio.core.language import tr
from studio.ui.comparing.compare_actions import CompareActions
from studio.ui.generating.generation import Generation
from studio.ui.listening.playback import Playback
from studio.ui.window.workspace import Workspace

#: What is about a song, or about one candidate of it.
_OF_SONG = (
    "save", "save_as", "credits", "chord", "loop", "loop_in", "loop_out", "loop_in_free", "loop_out_free", "back",
    "forward", "mute", "solo", "generate", "punch_in", "punch_out", "takes", "zoom_in", "zoom_out", "zoom_region",
    "zoom_fit", "scroll_back", "scroll_on", "pitch_in", "pitch_out",
)  # fmt: skip
_OF_CANDIDATE = (
    "export", "copy_stems", "copy_stem", "copy_band", "copy_mix", "copy_midi", "vary", "vary_far", "regenerate",
    "instrument", "breed", "use_here", "pick", "favourite", "details", "hide", *(f"rate_{stars}" for stars in range(6)),
)  # fmt: skip
#: What changes a project, so that one that is only looked at refuses it.
_CHANGES = (
    "save", "credits", "undo", "redo", "chord", "generate", "vary", "vary_far", "regenerate", "instrument", "breed",
    "use_here", "make_comp", "clear_comp", "pick", "favourite", "hide", *(f"rate_{stars}" for stars in range(6)),
)  # fmt: skip


class MenuReasons(QObject):
    """Main thread only.

    Args:
        actions: by name.
    """

    def __init__(
        self,
        window: QMainWindow,
        actions: Mapping[str, QAction],
        workspace: Workspace,
        playback: Playback,
        generation: Generation,
        compare: CompareActions,
    ) -> None:
        super().__init__(window)
        self._actions, self._workspace, self._playback = actions, workspace, playback
        self._greyed: list[QAction] = []
        self._more: Mapping[str, Callable[[], str]] = {
            "play": self._without_sound,
            "stop": self._without_sound,
            "undo": lambda: "" if workspace.document.undo_text else tr("Nothing left to undo or redo"),
            "redo": lambda: "" if workspace.document.redo_text else tr("Nothing left to undo or redo"),
            "cancel": lambda: "" if generation.running else tr("Nothing is being made"),
            "vary": self._without_recipe,
            "vary_far": self._without_recipe,
            "regenerate": self._without_recipe,
            "instrument": self._without_notes,
            "breed": self._without_parents,
            "swap": self._without_two,
            "make_comp": self._without_comp,
            "clear_comp": self._without_comp,
            "previous": self._without_candidates,
            "next": self._without_candidates,
            "blind": self._without_candidates,
            "show_hidden": lambda: "" if compare.hides_any else tr("No candidate is hidden"),
            "takes": lambda: "" if workspace.project.takes else tr("Nothing was recorded to this song yet"),
            "punch_clear": lambda: "" if playback.timeline.punch_s else tr("There are no punch points"),
            "zoom_region": lambda: "" if playback.timeline.region else tr("There is no loop yet"),
        }
        for entry in window.menuBar().actions():
            menu = entry.menu()
            assert isinstance(menu, QMenu)
            menu.aboutToShow.connect(self._show)
            menu.aboutToHide.connect(self._hide)
            for part in (menu, *menu.findChildren(QMenu)):
                part.setToolTipsVisible(True)

    def why_not(self, name: str) -> str:
        """Why an action has nothing to do, as a sentence; empty where it has."""
        if name in _OF_SONG and self._workspace.song is None:
            return tr("Open a vocal first")
        if name in _OF_CANDIDATE and self._playback.mix.selected is None:
            return tr("No candidate is heard")
        if name in _CHANGES and self._workspace.document.read_only:
            return self._workspace.document.looked_at
        return self._more[name]() if name in self._more else ""

    def _without_sound(self) -> str:
        heard = self._workspace.song is not None or self._playback.player.recorder is not None
        return "" if heard else tr("Open a vocal first")

    def _without_candidates(self) -> str:
        return "" if self._workspace.project.candidates else tr("There are no candidates yet")

    def _without_two(self) -> str:
        return "" if self._playback.previous is not None else tr("Hear one candidate, then another")

    @property
    def _heard(self) -> Candidate | None:
        """The candidate that is heard, unless it is not to be known which that is."""
        song, selected = self._workspace.song, self._playback.mix.selected
        blind = self._workspace.project.blind is not None
        return None if song is None or selected is None or blind else song.candidates.get(selected)

    def _without_recipe(self) -> str:
        candidate = self._heard
        if candidate is None or candidate.recipe is not None:
            return ""
        if "comp" in candidate.settings:
            return tr("A comp has no recipe of its own: change one of those it was put together from")
        return tr(
            "Of this one only the sound is known, or the sound and the notes: there is no recipe to change"
        )

    def _without_notes(self) -> str:
        candidate = self._heard
        if candidate is None or self._without_recipe():
            return self._without_recipe()
        heard = any(part.is_heard for part in candidate.arrangement.parts.values())
        return "" if heard else tr("Nothing plays in this candidate")

    def _without_parents(self) -> str:
        song, project = self._workspace.song, self._workspace.project
        numbers = self._playback.previous, self._playback.mix.selected
        parents = [song.candidates[n] for n in numbers if n in song.candidates] if song is not None else []
        if len(parents) < 2:
            return self._without_two()
        if project.blind is not None:  # it would tell which they are
            return ""
        one, other = (parent.arrangement for parent in parents)
        if difference(one.grid, other.grid):
            return tr("The two last heard were made to different beats: choose two with the same")
        return "" if one.key == other.key else tr("Choose two of one key")

    def _without_comp(self) -> str:
        begun = self._workspace.project.band_comp is not None
        return "" if begun else tr("Hear one candidate, then another, mark bars, and press U: it plays there")

    def _show(self) -> None:
        for name, action in self._actions.items():
            why_not = self.why_not(name)
            action.setToolTip(why_not)
            if why_not and action.isEnabled():
                action.setEnabled(False)
                self._greyed.append(action)

    def _hide(self) -> None:
        for action in self._greyed:
            action.setEnabled(True)
        self._greyed = []
