"""Takes out of a text what would tell who somebody is and what they work on: folders, users, hosts, songs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

_SUFFIXES = (
    "wav|wave|aiff?|flac|mp3|ogg|oga|opus|w64|rf64|m4a|midi?|json|backline|safetensors|dawproject|rpp|"
    "txt|csv|png"
)
#: From where a path begins up to what can end one: paths have spaces in them, so rather too much is taken than too
#: little. After a letter or a figure a slash is no path ("and/or").
_PATH = re.compile(r"(?<![\w<>])(?:[A-Za-z]:[\\/]|\\\\|~?/)(?=[^\s/\\])[^\n:;,\"'()<>|]*")
#: A file by its name, with all the words before it, except for what begins one of our messages.
_FILE = re.compile(
    rf"(?P<lead>\b(?:Cannot|Could not) \w+ )?(?:[^\s\n:;,\"'()<>|/\\][^\n:;,\"'()<>|/\\]*)?\.(?P<suffix>{_SUFFIXES})\b",
    re.IGNORECASE,
)
#: A line of a traceback names a file of the program.
_FRAME = re.compile(r'File "(?P<path>[^"\n]+)", line')
#: Shorter names would take words out of every sentence; whoever has one is named by the other rules.
_SHORTEST = 3


def masked(
    text: str,
    *,
    names: Iterable[str] = (),
    people: Iterable[str] = (),
    home: Path | None = None,
    programs: Sequence[Path] = (),
) -> str:
    """The text without them.

    Args:
        names: of songs, artists, projects, files; replaced by <song> wherever they stand.
        people: names of the user and of the machine.
        home: the user's folder.
        programs: folders whose files may be named in a traceback, by their place in it.
    """
    text = unicodedata.normalize("NFC", text)
    text = _FRAME.sub(lambda found: f'File "{_of_program(found["path"], programs)}", line', text)
    if home is not None and len(home.parts) > 1:
        text = text.replace(str(home), "~").replace(home.as_posix(), "~")
    text = _PATH.sub("<path>", text)
    text = _FILE.sub(lambda found: f"{found['lead'] or ''}<file>.{found['suffix']}", text)
    for name in sorted({unicodedata.normalize("NFC", n).strip() for n in names}, key=len, reverse=True):
        if len(name) >= _SHORTEST:
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "<song>", text, flags=re.IGNORECASE)
    for name in people:
        if len(name) >= _SHORTEST:
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "<user>", text, flags=re.IGNORECASE)
    return text


def _of_program(path: str, programs: Sequence[Path]) -> str:
    # The innermost first: an environment lies within the repository.
    for folder in sorted(programs, key=lambda p: len(str(p)), reverse=True):
        for root in (str(folder), folder.as_posix()):
            if path.startswith(root) and len(root) > 1:
                return "<program>" + path[len(root) :].replace("\\", "/")
    return "<path>" if re.search(r"[/\\]", path) else path
