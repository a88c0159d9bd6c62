"""What the window asks the user for with the system's own dialogs: files, folders, a choice."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from PySide6.QtWidgets import QFileDialog, QMessageBox, QPushButton, QWidget

from studio.core.guide import WRITTEN
from studio.core.language import capital, later, tr, trn
from studio.core.project import Begun
from studio.services.memory import NotEnoughMemory
from studio.services.project.opening import ProjectInUse, ProjectNotWritable, SoundMissing
from studio.services.taste.adapters import PRIVACY_NOTE
from studio.storage.project_folder import SUFFIX, free_project
from studio.storage.recent import RecentProject
from studio.ui.window.preferences import Preferences
from studio.ui.window.question_box import QuestionBox
from studio.ui.window.recent_list import described

AUDIO_SUFFIXES = (".wav", ".aif", ".aiff", ".flac", ".mp3", ".ogg", ".oga", ".opus", ".w64", ".rf64")

_MODELS = later("Backline model (*.safetensors)")


class Questions:
    """Each answer is None where the user cancelled; each folder is where the next question of its kind starts."""

    def __init__(self, window: QWidget, preferences: Preferences, projects_dir: Path) -> None:
        self._window, self._preferences, self._projects_dir = window, preferences, projects_dir

    # Files

    def vocal(self) -> Path | None:
        start = str(self._preferences.folder("open_folder"))
        path, _ = QFileDialog.getOpenFileName(self._window, tr("Open vocal"), start, _audio_files())
        if not path:
            return None
        self._preferences.set("open_folder", str(Path(path).parent))
        return Path(path)

    def project(self, projects_dir: Path) -> Path | None:
        """A project, or a folder of candidates."""
        return self._folder("project_folder", tr("Open project"), projects_dir)

    def guide(self) -> Path | None:
        """Something that tells the beat of the song."""
        start = str(self._preferences.folder("open_folder"))
        written = " ".join(f"*{suffix} *{suffix.upper()}" for suffix in WRITTEN)
        kinds = tr("Guides ({patterns} {written});;All files (*)", patterns=_patterns(), written=written)
        path, _ = QFileDialog.getOpenFileName(self._window, tr("Open guide"), start, kinds)
        return Path(path) if path else None

    def table(self) -> Path | None:
        """Where votes are to be saved."""
        folder = self._preferences.folder("export_folder", self._projects_dir)
        path, _ = QFileDialog.getSaveFileName(
            self._window, tr("Save votes as a table"), str(folder / "votes.csv"), "CSV (*.csv)"
        )
        return Path(path) if path else None

    def adapter_out(self) -> Path | None:
        """Where a personal model is to be saved, once the user knows what is in it."""
        agreed = self._choose(
            tr("Save your model to a file?"),
            tr(PRIVACY_NOTE),
            (("save", tr("Choose a file")), ("", tr("Cancel"))),
        )
        if agreed != "save":
            return None
        folder = self._preferences.folder("export_folder", self._projects_dir)
        path, _ = QFileDialog.getSaveFileName(
            self._window, tr("Save your model"), str(folder / "my taste.safetensors"), tr(_MODELS)
        )
        return Path(path) if path else None

    def adapter_in(self) -> Path | None:
        """A personal model that was saved to a file."""
        start = str(self._preferences.folder("export_folder", self._projects_dir))
        path, _ = QFileDialog.getOpenFileName(
            self._window, tr("Take a model from a file"), start, tr(_MODELS)
        )
        return Path(path) if path else None

    def may_delete_model(self) -> bool:
        text, more = (
            tr("Delete this model?"),
            tr("The votes it learned from stay; it can be trained again from them."),
        )
        choices = (("delete", tr("Delete it")), ("", tr("Keep it")))
        return self._choose(text, more, choices, default="") == "delete"

    def music(self) -> list[Path]:
        """Files that the listener likes."""
        start = str(self._preferences.folder("open_folder"))
        paths, _ = QFileDialog.getOpenFileNames(self._window, tr("Music you like"), start, _audio_files())
        return [Path(path) for path in paths]

    def save_as(self, projects_dir: Path, title: str) -> Path | None:
        # A name that is not taken: the dialog would begin inside a project of that name, which is a folder.
        start = free_project(self._preferences.folder("save_folder", projects_dir), title)
        path, _ = QFileDialog.getSaveFileName(
            self._window, tr("Save project as"), str(start), tr("Backline project (*{suffix})", suffix=SUFFIX)
        )
        if not path:
            return None
        if Path(path).parent.suffix != SUFFIX:
            self._preferences.set("save_folder", str(Path(path).parent))
        return Path(path)

    def export_folder(self) -> Path | None:
        start = self._preferences.folder("export_folder", self._projects_dir)
        return self._folder("export_folder", tr("Export into"), start)

    def missing_sound(self, missing: SoundMissing) -> Path | None:
        """Where a sound is that a project needs."""
        start = str(missing.folder.path.parent)
        name = f"{missing.ref.name}{missing.ref.suffix}"
        path, _ = QFileDialog.getOpenFileName(
            self._window, tr("Where is {name}?", name=name), start, _audio_files()
        )
        return Path(path) if path else None

    def _folder(self, name: str, title: str, start: Path) -> Path | None:
        begin = str(self._preferences.folder(name, start))
        path = QFileDialog.getExistingDirectory(self._window, title, begin)
        if not path:
            return None
        self._preferences.set(name, path if name == "export_folder" else str(Path(path).parent))
        return Path(path)

    # Choices

    def may_stop_generating(self) -> bool:
        """Whether another song may end the request in progress."""
        return (
            self._choose(
                tr("Stop generating and open another song?"),
                tr("What is finished is kept in the project."),
                (("stop", tr("Stop and open")), ("stay", tr("Stay here"))),
            )
            == "stop"
        )

    def how_to_close(self, doing: str, *, background: bool) -> Literal["stop", "background", "stay"]:
        """What to do about work in progress when the window is to close.

        Args:
            doing: such as "Two of four candidates are still being made".
            background: whether it can be finished without a window; where it cannot, there are candidates that
                could not be written.
        """
        choices = [("stop", tr("Stop and close")), ("stay", tr("Stay here"))]
        if background:
            choices.insert(0, ("background", tr("Finish in the background")))
        more = (
            tr("What is finished is kept in the project, whatever you choose.")
            if background
            else tr("Make room and save (Ctrl+S) first: else they are lost, and can only be made again.")
        )
        answer = self._choose(doing, more, choices, default=None if background else "stay")
        return "stop" if answer == "stop" else "background" if answer == "background" else "stay"

    def project_of_vocal(self, known: RecentProject) -> Literal["open", "new"] | None:
        """A vocal was opened that has a project."""
        answer = self._choose(
            tr("There is a project with this vocal: {title}", title=known.title),
            tr("It has {described}. {path}", described=described(known), path=known.path),
            (("open", tr("Open the project")), ("new", tr("Begin a new one")), ("", tr("Cancel"))),
        )
        return "open" if answer == "open" else "new" if answer == "new" else None

    def project_in_use(self, in_use: ProjectInUse) -> Literal["copy", "look"] | None:
        """Another window has a project open."""
        answer = self._choose(
            tr("{stem} is open already", stem=in_use.path.stem),
            tr(
                "It is open in {holder}. Two windows on one project would overwrite each other.",
                holder=in_use.holder,
            ),
            (("copy", tr("Open a copy")), ("look", tr("Only look at it")), ("", tr("Cancel"))),
        )
        return "copy" if answer == "copy" else "look" if answer == "look" else None

    def project_not_writable(self, kept: ProjectNotWritable) -> Literal["copy", "look"] | None:
        """A project lies where nothing can be written."""
        answer = self._choose(
            tr("{stem} cannot be written", stem=kept.path.stem),
            tr("{seen}. A copy among your projects can be worked on.", seen=capital(kept.seen)),
            (("copy", tr("Open a copy")), ("look", tr("Only look at it")), ("", tr("Cancel"))),
        )
        return "copy" if answer == "copy" else "look" if answer == "look" else None

    def may_forget(self, what: str, listener: str) -> bool:
        """Whether votes may be deleted: of the open 'song', or 'all' of a listener."""
        if what == "song":
            text, button = tr("Forget the votes on this song?"), tr("Forget this song")
        else:
            text, button = (
                tr("Forget everything {listener} ever said?", listener=listener),
                tr("Forget everything"),
            )
        more = tr(
            "They no longer count, here and in the table of all songs, and cannot be brought back. A personal model "
            "that learned from them must be trained again."
        )
        return self._choose(text, more, (("forget", button), ("", tr("Keep them"))), default="") == "forget"

    def make_the_rest(self, begun: Begun, made: int, change: str = "") -> Literal["make", "drop"] | None:
        """A request was cut off; None for what is to be asked again.

        Args:
            change: what was to be changed in words; empty for new candidates.
        """
        wanted = len(begun.wanted)
        rest = wanted - made
        if wanted == 1:
            told = f" ({change})" if change else ""
            text = tr("One candidate was not made before the program ended{change}. Make it?", change=told)
            more = tr("It becomes what it would have been. Later: this is asked again at the next opening.")
            button, drop = tr("Make it"), tr("Drop it")
        else:
            text = trn(
                "{count} of {wanted} candidates was made before the program ended. Make the rest?",
                "{count} of {wanted} candidates were made before the program ended. Make the rest?",
                made,
                wanted=wanted,
            )
            more = tr(
                "They become what they would have been. Later: this is asked again at the next opening."
            )
            if not made:
                button = tr("Make all {count}", count=wanted)
            else:
                button = tr("Make the other {rest}", rest=rest) if rest > 1 else tr("Make the last one")
            drop = tr("Drop them") if rest > 1 else tr("Drop it")
        answer = self._choose(text, more, (("make", button), ("drop", drop), ("", tr("Later"))))
        return "make" if answer == "make" else "drop" if answer == "drop" else None

    def may_make_fewer(self, short: NotEnoughMemory) -> bool:
        """A request does not fit into memory, and a smaller one would."""
        fewer = (
            tr("Make one") if short.candidates == 1 else tr("Make {candidates}", candidates=short.candidates)
        )
        text = tr(
            "Not enough memory: {expected}, and there are {seen}", expected=short.expected, seen=short.seen
        )
        more = tr("Closing other programs makes room for all.")
        return self._choose(text, more, (("fewer", fewer), ("", tr("Cancel")))) == "fewer"

    def _choose(
        self, text: str, more: str, choices: Sequence[tuple[str, str]], *, default: str | None = None
    ) -> str:
        """The name of the button that was pressed; the last one stands for closing the dialog. The first is the
        default, unless another one is named."""
        box = QuestionBox(text, more, self._window)
        buttons: dict[QPushButton, str] = {}
        names = list(choices)
        for name, title in names:
            role = (
                QMessageBox.ButtonRole.RejectRole
                if name == names[-1][0]
                else QMessageBox.ButtonRole.AcceptRole
            )
            buttons[box.addButton(title, role)] = name
        first, *_, last = buttons
        box.setDefaultButton(next((b for b, name in buttons.items() if name == default), first))
        box.setEscapeButton(last)
        box.exec()
        answer = buttons.get(box.clickedButton(), names[-1][0])  # type: ignore[call-overload]
        box.deleteLater()
        return str(answer)


def _audio_files() -> str:
    return tr("Audio ({patterns});;All files (*)", patterns=_patterns())


def _patterns() -> str:
    return " ".join(f"*{s} *{s.upper()}" for s in AUDIO_SUFFIXES)
