"""What a screen's clips are, in words, once the vote has fallen."""

from __future__ import annotations

from collections.abc import Mapping

from studio.core.instruments import shown
from studio.core.language import capital, later, tr
from studio.core.project import Project
from studio.core.screen import Clip, Screen, Verdict
from studio.services.taste.screens import ClipSound
from studio.taste.archive import ALIKE, distances
from studio.ui.appearance.widgets import style_title

ROLE_WORDS: Mapping[str, str] = {
    "exploit": later("likeliest to your taste"),
    "child": later("bred from clips you liked"),
    "different": later("unlike the other three"),
    "base": later("the model as it comes"),
    "anchor": later("made for another voice, to check"),
}

#: Of a clip that was to be unlike the rest, where nothing in the pool was unlike enough to be called so.
_LITTLE_UNLIKE = later("chosen for variety")
#: Of a pilot kit, for whoever rates it: the taste is not theirs.
KIT_WORDS: Mapping[str, str] = {
    **ROLE_WORDS,
    "exploit": later("likeliest to the taste of who made the kit"),
    "child": later("bred from clips liked by who made the kit"),
}


def role_in_words(clip: Clip, screen: Screen) -> str:
    """Why a clip is on a screen."""
    if clip.role == "different":
        others = [other.features for other in screen.clips if other.key != clip.key]
        if min(distances(clip.features, others)) < ALIKE:
            return capital(tr(_LITTLE_UNLIKE))
    return capital(tr((KIT_WORDS if screen.is_given else ROLE_WORDS)[clip.role]))


def span(phrase_s: tuple[float, float]) -> str:
    """'0:12 – 0:21'."""
    return " – ".join(f"{int(t) // 60}:{int(t) % 60:02d}" for t in phrase_s)


def genes_in_words(clip: Clip, names: Mapping[str, str]) -> str:
    """'drums of 3B, chords of 5A'; what is new or of both is said as such.

    Args:
        names: what a clip is called, by key.
    """
    of: dict[str, list[str]] = {}
    for gene, whose in clip.genes.items():
        of.setdefault(whose, []).append(tr(gene))
    parts = []
    for whose, genes in of.items():
        what = tr(" and ").join(filter(None, (tr(", ").join(genes[:-1]), genes[-1])))
        if whose == "new":
            parts.append(tr("new {what}", what=what))
        elif whose == "blend":
            parts.append(tr("{what} of both", what=what))
        else:
            parts.append(tr("{what} of {names}", what=what, names=names.get(whose, tr("an earlier clip"))))
    return tr(", ").join(parts)


def verdict_in_words(screen: Screen, verdict: Verdict) -> str:
    """'B best, D worst', by the letters of that screen."""
    letters = {key: chr(65 + place) for place, key in enumerate(screen.keys)}
    parts = []
    if verdict.best is not None:
        parts.append(tr("{letters} best", letters=letters[verdict.best]))
    if verdict.worst is not None:
        parts.append(tr("{letters} worst", letters=letters[verdict.worst]))
    if verdict.tie:
        parts.append(tr("all alike"))
    if verdict.none_usable:
        parts.append(tr("none usable"))
    return tr(", ").join(parts) or tr("nothing said")


def clip_names(screens: tuple[Screen, ...]) -> dict[str, str]:
    """What every clip is called, by key: the number of its first screen and its letter there, '3B'."""
    names: dict[str, str] = {}
    for screen in screens:
        for place, key in enumerate(screen.keys):
            names.setdefault(key, f"{screen.number}{chr(65 + place)}")
    return names


def reveal_of(key: str, screen: Screen, sounds: Mapping[str, ClipSound], project: Project) -> str:
    """What a clip was: its role first, then a line each for style, genes and instruments."""
    clip, sound = screen.clip(key), sounds.get(key)
    lines = [role_in_words(clip, screen)]
    if sound is not None and sound.style:
        lines.append(style_title(sound.style))
    if clip.genes:
        lines.append(genes_in_words(clip, clip_names(project.screens)))
    if sound is not None and sound.instruments:
        lines.append(tr(", ").join(shown(name) for name in sound.instruments.split(", ")))
    return "\n".join(lines)


def repeat_in_words(screen: Screen | None, project: Project) -> str:
    """That a screen was shown before, and what was said then; empty for a new one."""
    if screen is None or screen.repeat_of is None:
        return ""
    said = project.verdicts.get(screen.repeat_of)
    # The clips are the same: in the letters they have now.
    told = (
        ""
        if said is None
        else tr(" Then: {verdict_in_words}.", verdict_in_words=verdict_in_words(screen, said))
    )
    return tr(
        "You heard these before, as screen {repeat_of}, to see how steady answers are.{told}",
        repeat_of=screen.repeat_of,
        told=told,
    )
