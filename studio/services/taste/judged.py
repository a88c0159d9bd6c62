"""What a project's listener said, as the learner reads it: votes on screens, and, with less weight, stars, hearts,
hidden marks and the pick."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from studio.core.candidate import Candidate
from studio.core.project import Project
from studio.core.screen import Screen
from studio.taste.features import features_of
from studio.taste.judgement import Judgement, of_opinions, of_pick, of_screen


def song_of(project: Project) -> str:
    """The key of a project's song: its vocal's SHA-256. Two projects of one vocal are one song."""
    return project.vocal.sha256 if project.vocal is not None else ""


def screen_id(project: Project, screen: Screen) -> str:
    """A key that no screen of another project has: numbers begin anew in each."""
    return f"{song_of(project)[:16]}/{screen.number}-{min(screen.keys)}"


def judgements_of(project: Project, listener: str) -> list[Judgement]:
    """The votes on a project's screens, in their order."""
    song, made = song_of(project), []
    for number, verdict in project.verdicts.items():
        screen = project.screen(number)
        again = "" if screen.repeat_of is None else screen_id(project, project.screen(screen.repeat_of))
        judged = of_screen(screen, verdict, listener=listener, song=song)
        made.append(replace(judged, screen=screen_id(project, screen), repeat_of=again))
    return made


def said_elsewhere(project: Project, candidates: Mapping[int, Candidate], listener: str) -> list[Judgement]:
    """What was said of the song's candidates outside of screens.

    Args:
        candidates: by number, those whose arrangement is known.
    """
    song = song_of(project)
    # Dated by the latest candidate: when something was said is not kept in the project.
    at = max((record.origin.made_at for record in project.candidates), default="")
    keys = {
        record.number: f"{song[:16]}/{record.origin.request or record.origin.seed}/{record.origin.number_in_request}"
        for record in project.candidates
    }
    features = {
        keys[number]: features_of(candidate.arrangement)
        for number, candidate in candidates.items()
        if number in keys and candidate.arrangement.parts
    }
    opinions = {keys[n]: opinion for n, opinion in project.opinions.items() if n in keys}
    said = [of_opinions(opinions, features, listener=listener, song=song, at=at)]
    if project.picked in keys:
        said.append(of_pick(keys[project.picked], features, listener=listener, song=song, at=at))
    return [judgement for judgement in said if judgement is not None]
