"""Content Credentials (C2PA) in sound files: signed, and read back, by the public library of the standard's makers.

The signature binds every byte of the file but itself: sound, bext and all. Nothing is fetched: no time stamp, no
revocation list, no remote manifest. RF64 files (beyond 4 GiB) cannot hold credentials yet, which is said.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio.core.errors import StudioError
from studio.core.language import tr
from studio.core.part_path import part_path
from studio.services.provenance.local_key import LocalKey

#: IPTC digital source types: of what a trained model made, and of that mixed with what somebody sang.
_SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/"
GENERATED = f"{_SOURCE}trainedAlgorithmicMedia"
MIXED = f"{_SOURCE}compositeWithTrainedAlgorithmicMedia"
#: Our own assertion: the ticket's id, and the ticket.
TICKET_LABEL = "backline.ticket"
_ACTIONS = ("c2pa.actions.v2", "c2pa.actions")
_MIME = {
    ".wav": "audio/wav", ".wave": "audio/wav", ".bwf": "audio/wav", ".mp3": "audio/mpeg", ".flac": "audio/flac",
    ".m4a": "audio/mp4",
}  # fmt: skip
_SHARED = ("libc2pa_c.so", "libc2pa_c.dylib", "c2pa_c.dll")
_OFFLINE: Mapping[str, Mapping[str, bool]] = {"verify": {"ocsp_fetch": False, "remote_manifest_fetch": False}}


@dataclass(frozen=True)
class Claim:
    """What is said of one file.

    Attributes:
        title: of the file, for people.
        source_type: GENERATED or MIXED.
        version: of the program.
        when: ISO 8601.
        ticket_id, ticket: see provenance.ticket; the latter packed, or empty.
    """

    title: str
    source_type: str
    version: str
    when: str
    ticket_id: str
    ticket: str = ""


@dataclass(frozen=True)
class Credentials:
    """What a file's credentials say, and whether it is true.

    Attributes:
        intact: the file is, byte for byte, what was signed.
        altered: the signature is good and the file is another by now; where neither, the mark itself is damaged.
        own_key: signed with the key given to `read_credentials`.
        signer: as the certificate says it, which proves nothing.
        program: what made the claim, such as 'Backline 0.9'.
        source_type: IPTC's; empty where none is given.
        ticket_id, ticket: empty in credentials that are not ours.
        codes: of what failed, as C2PA names it.
    """

    intact: bool
    altered: bool
    own_key: bool
    signer: str
    program: str
    source_type: str
    when: str = ""
    ticket_id: str = ""
    ticket: str = ""
    codes: tuple[str, ...] = field(default_factory=tuple)

    @property
    def ours(self) -> bool:
        return bool(self.ticket_id)


def sign(path: Path, claim: Claim, key: LocalKey) -> None:
    """Puts credentials into a WAV, in its place; the samples and other chunks stay as they are.

    Raises:
        StudioError: no WAV, RF64, no room, or a key that cannot sign. The file is then as it was.
    """
    agent = {"name": "Backline", "version": claim.version}
    ticket = {"id": claim.ticket_id, **({"request": claim.ticket} if claim.ticket else {})}
    action = {
        "action": "c2pa.created", "digitalSourceType": claim.source_type, "softwareAgent": agent, "when": claim.when,
    }  # fmt: skip
    manifest = {
        "claim_generator_info": [agent],
        "title": claim.title,
        "format": "audio/wav",
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": [action]}},
            {"label": TICKET_LABEL, "data": ticket},
        ],
    }
    beside = part_path(path)
    try:
        c2pa = _library()
        info = c2pa.C2paSignerInfo(
            c2pa.C2paSigningAlg.ES256, key.chain.encode("ascii"), key.private.encode("ascii"), None
        )
        with (
            c2pa.Context(_settings(None)) as context,
            c2pa.Signer.from_info(info) as signer,
            c2pa.Builder(manifest, context) as builder,
            path.open("rb") as source,
            beside.open("w+b") as target,
        ):
            builder.sign(signer, "audio/wav", source, target)
        shutil.copymode(path, beside)
        beside.replace(path)
    except Exception as error:  # whatever a foreign library raises must not cost anybody an export
        raise StudioError(
            tr("{name} could not be marked", name=path.name),
            seen=str(error),
            expected=tr("a WAV below 4 GiB, and room beside it"),
        ) from error
    finally:
        beside.unlink(missing_ok=True)


def read_credentials(path: Path, key: LocalKey | None) -> Credentials | None:
    """What a file's credentials say; None where it has none, or is no sound file that can have them.

    Args:
        key: this computer's, to tell its marks from others'; None where it has made none.

    Raises:
        StudioError: for a file that cannot be read.
    """
    c2pa = _library()
    mime = _MIME.get(path.suffix.lower())
    if mime is None:
        return None
    try:
        with (
            c2pa.Context(_settings(key)) as context,
            path.open("rb") as handle,
            c2pa.Reader(mime, handle, context=context) as reader,
        ):
            content = json.loads(reader.json())
    except OSError as error:
        raise StudioError(
            tr("Cannot read {name}", name=path.name), seen=error.strerror or str(error)
        ) from error
    except (c2pa.C2paError, ValueError) as error:
        if "NotFound" in str(error) or "could not be parsed" in str(error) or "Invalid RIFF" in str(error):
            return None
        return Credentials(False, False, False, "", "", "", codes=(str(error)[:200],))
    return _credentials(content)


@functools.cache
def _library() -> Any:
    """The C2PA library, with the shared library that came with it: left to itself it would first take one of that name
    from the current folder, and so from a folder of files that are to be looked at."""
    found = importlib.util.find_spec("c2pa")
    if found is None or found.origin is None:
        raise ImportError("the package c2pa-python is not installed")
    libraries = Path(found.origin).parent / "libs"
    own = next((libraries / name for name in _SHARED if (libraries / name).exists()), None)
    if own is not None:
        os.environ["C2PA_LIBRARY_NAME"] = str(own)
    return importlib.import_module("c2pa")


def _settings(key: LocalKey | None) -> Any:
    c2pa = _library()
    trust = {"user_anchors": key.root} if key else {}
    verify = {**_OFFLINE["verify"], "verify_trust": True, "verify_after_sign": False}
    return c2pa.Settings.from_dict({"verify": verify, "trust": trust})


def _credentials(content: Mapping[str, Any]) -> Credentials:
    """Of the reader's report. Its fields are whatever a stranger signed: nothing is taken for granted."""
    manifest = _dict(_dict(content.get("manifests")).get(content.get("active_manifest")))
    assertions = {
        str(_dict(entry).get("label")): _dict(_dict(entry).get("data"))
        for entry in _list(manifest.get("assertions"))
    }
    actions = next((_list(assertions[label].get("actions")) for label in _ACTIONS if label in assertions), [])
    made = next((_dict(a) for a in actions if "digitalSourceType" in _dict(a)), {})
    ticket = assertions.get(TICKET_LABEL, {})
    signature, generator = _dict(manifest.get("signature_info")), _list(manifest.get("claim_generator_info"))
    agent = _dict(generator[0]) if generator else {}
    state = content.get("validation_state")
    codes = tuple(
        code
        for entry in _list(content.get("validation_status"))
        if (code := str(_dict(entry).get("code"))) != "signingCredential.untrusted"
    )
    intact = state in ("Valid", "Trusted") and not codes
    return Credentials(
        intact=intact,
        altered=bool(codes) and set(codes) == {"assertion.dataHash.mismatch"},
        own_key=state == "Trusted",
        signer=" / ".join(str(signature[n]) for n in ("common_name", "issuer") if signature.get(n)),
        program=" ".join(str(agent[n]) for n in ("name", "version") if agent.get(n)),
        source_type=str(made.get("digitalSourceType", "")),
        when=str(made.get("when", "")),
        ticket_id=str(ticket.get("id", "")),
        ticket=str(ticket.get("request", "")),
        codes=codes,
    )


def _dict(value: object) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
