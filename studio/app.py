"""The composition root: settings, services, player and window meet here and nowhere else."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from studio.audio.devices import AudioSetup
from studio.audio.player import Player
from studio.core.engines import BAND_MODEL, FASTSAG
from studio.services.analysis_process import AnalysisProcess
from studio.services.costs import Costs
from studio.services.generating.engine_process import start_bundled_engine
from studio.services.generating.engines import Engines, start_fastsag_engine, unavailable
from studio.services.generating.import_fastsag import model_path
from studio.services.generating.service import GenerationService
from studio.services.machine.sound_trial import SoundTrial
from studio.services.recording.audio_setup import resolve_setup
from studio.services.recording.recording import RecordingService
from studio.services.taste.liked_music import NAME as LIKED_MUSIC
from studio.services.taste.liked_music import LikedMusic
from studio.services.taste.personal import PersonalModel, shelf_of_user
from studio.services.taste.ratings import TasteRatings
from studio.services.taste.screens import ScreenMaker
from studio.services.vocal import analyse_vocal
from studio.storage.audio_settings import read_audio_settings
from studio.storage.machine import read_machine_notes
from studio.storage.paths import models_dir, projects_dir, resources_dir, user_config_dir, user_data_dir
from studio.storage.recent import RecentProjects
from studio.ui.appearance import language, theme
from studio.ui.listening.analysing import Analyse
from studio.ui.listening.playback import Playback
from studio.ui.rating.adapter_control import Personal
from studio.ui.rating.screen_source import ScreenSource, Teaching
from studio.ui.rating.taste_control import OFF
from studio.ui.recording.recording import Recording
from studio.ui.timeline.timeline import Timeline
from studio.ui.window.main_window import MainWindow
from studio.ui.window.opened_files import OpenedFiles
from studio.ui.window.preferences import APP_NAME, Preferences
from studio.ui.window.workspace import Workspace


def build_window(
    service: GenerationService,
    player: Player,
    preferences: Preferences,
    data_dir: Path,
    projects_dir: Path,
    device: str = "auto",
    analyse: Analyse = analyse_vocal,
    screens: ScreenSource | None = None,
    personal: Personal | None = None,
) -> MainWindow:
    """The window on top of its services. The QApplication must exist and be themed.

    Args:
        data_dir: of the user: recordings, the list of recent projects, imported weights.
        projects_dir: where new projects are made.
        analyse: what listens to a vocal.
        screens: what makes the clips of the blind rating; None for the service's engine.
        personal: what trains and tests a model of the user's own; likewise.
    """
    fastsag = GenerationService(
        model_path(data_dir),
        device,
        start_fastsag_engine,
        Costs.of_user(data_dir, FASTSAG.name, device),
    )
    engines = Engines({BAND_MODEL.name: service, FASTSAG.name: fastsag}, BAND_MODEL.name)
    playback = Playback(player, Timeline())
    ratings, music = TasteRatings.of_user(data_dir), LikedMusic(data_dir / LIKED_MUSIC)
    own = PersonalModel(service, shelf_of_user(data_dir), ratings, models_dir(), music.prior)
    screens = screens or ScreenMaker(
        service, ratings.judgements, lambda: preferences.get(OFF, False), music.prior, ratings.forgotten_at
    )
    workspace = Workspace(playback, projects_dir, RecentProjects(data_dir / "recent.json"))
    recording = Recording(
        RecordingService(player, data_dir / "recordings"), playback, user_config_dir() / "audio.json"
    )
    demo_vocal = resources_dir() / "demo_vocal.flac"
    teaching = Teaching(screens, personal or own, ratings, music)
    window = MainWindow(workspace, playback, recording, engines, analyse, preferences, teaching, demo_vocal)
    window.request.show_unavailable(unavailable(data_dir))
    return window


def run_app(path: Path | None = None, *, device: str = "auto") -> int:
    """Opens the window and returns when it is closed.

    Args:
        path: a vocal, a project or a folder of candidates to open at once.
        device: for the generator: 'auto', 'cpu' or 'cuda'.

    Returns:
        The process's exit code.
    """
    # Beside everything else: a library that takes its process along is known before the window calls it.
    sound = SoundTrial(user_data_dir())
    sound.begin()
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName(APP_NAME)
    app.setDesktopFileName(APP_NAME.lower())
    app.setWindowIcon(QIcon(str(theme.ICONS / "backline.svg")))
    preferences = Preferences()
    language.speak(app, preferences)
    theme.apply_theme(app, preferences.get("theme", "system"))
    costs = Costs.of_user(user_data_dir(), BAND_MODEL.name, device)
    service = GenerationService(models_dir(), device, start_bundled_engine, costs)
    audio_settings = user_config_dir() / "audio.json"

    def find_setup() -> AudioSetup:
        notes = read_machine_notes(user_data_dir())
        return resolve_setup(read_audio_settings(audio_settings), with_input=False, notes=notes)

    player = Player(find_setup=find_setup, caution=sound)
    analyse = AnalysisProcess()
    window = build_window(service, player, preferences, user_data_dir(), projects_dir(), device, analyse)
    # Qt ends with the last window that is seen: one that finished in the background was hidden before.
    window.ended.connect(lambda: app.exit(0))
    OpenedFiles(app, window.open_path)
    window.show()
    window.machine.at_first_start()
    if path is not None:
        QTimer.singleShot(0, lambda: window.open_path(path))
    # The audio callback asks for the interpreter every few milliseconds: others give way sooner than by default.
    sys.setswitchinterval(0.001)
    # Python handles Ctrl+C only while it runs: the playback's timer wakes it often enough.
    signal.signal(signal.SIGINT, lambda *_: window.close())
    code = app.exec()
    analyse.close()
    sound.close()
    return code
