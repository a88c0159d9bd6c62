"""Which seed a request is to have: the one that is shown, wherever the program was ended since it was shown."""

from __future__ import annotations

from studio.core.project import Project
from studio.storage.view_state import ViewState

#: Of a song that has none yet.
FIRST_SEED = 1
#: As on the command line: a request that was made there and is restored keeps its seed.
HIGHEST_SEED = 2**31 - 1


def seed_after(seed: int) -> int:
    """The next one; the first again after the highest."""
    return seed % HIGHEST_SEED + 1


def seed_left(view: ViewState, project: Project) -> int:
    """The seed that a song was left with.

    The view is kept a moment after what it shows, and where it could not be written it is older than the project: then
    the seed follows from the last request for new candidates. A change of a candidate has a seed that nobody chose.
    """
    made = project.candidates
    left, among = view.seed or (None, 0)
    if left is not None and view.keep_seed:
        return left
    known = left is not None and among <= len(made)
    since = made[among:] if known else made
    asked = [record.origin.seed for record in since if record.origin.parent is None]
    if left is not None and known and not asked:
        return left
    if project.begun is not None and project.begun.change is None:
        return project.begun.seed
    if not asked:
        return FIRST_SEED
    return seed_after(asked[-1] if known else max(asked))
