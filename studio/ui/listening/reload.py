"""After a change of the device's rate: every source of the song on the desk is prepared and loaded again."""

from __future__ import annotations

from collections.abc import Hashable

from studio.core.audio import Audio, Samples
from studio.core.jobs import CancelToken, StepCallback
from studio.services.project.session_mix import VOCAL
from studio.ui.listening.playback import Playback
from studio.ui.window.workflow import Workflow


def reload_sources(workflow: Workflow, playback: Playback) -> None:
    """In the background, a source after the other; the playhead and the choice of candidate stay."""
    session = workflow.session
    if session is None:
        return
    playback.clear_sources()
    sources: list[tuple[Hashable, Audio]] = [(VOCAL, session.vocal.audio)]
    for number, candidate in session.candidates.items():
        sources += [((number, stem), audio) for stem, audio in candidate.stems.items()]
    rate = playback.player.sample_rate
    for key, audio in sources:

        def run(audio: Audio, /, *, on_step: StepCallback, cancel: CancelToken) -> Samples:
            return playback.player.prepare(audio)

        def on_done(samples: Samples, key: Hashable = key) -> None:
            if session is workflow.session and rate == playback.player.sample_rate:
                playback.add_source(key, samples)

        workflow.runner.submit("Loading", run, audio, on_done=on_done, on_failed=workflow.failed.emit)
