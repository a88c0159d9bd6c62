"""The adapter an engine plays with: loaded, checked against the base, merged, and taken out again without a trace."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from torch import nn

from studio.core.errors import StudioError
from studio.core.language import tr
from studio.ml.adapting.adapter_file import Adapter, load_adapter
from studio.ml.adapting.lora import Adaptable

#: Names in `model_hashes`: the file's SHA-256, and how much of its change was made.
ADAPTER, STRENGTH = "adapter", "adapter_strength"


class AdapterSlot:
    """Holds one adapter or none.

    Args:
        networks: by model name; `hashes`: SHA-256 of what they were loaded from.
    """

    def __init__(self, networks: Mapping[str, nn.Module], hashes: Mapping[str, str]) -> None:
        self._networks = {name: Adaptable(network) for name, network in networks.items()}
        self._base_hashes = dict(hashes)
        self._adapter: Adapter | None = None
        self._strength = 1.0

    @property
    def hashes(self) -> dict[str, str]:
        """What `model_hashes` says of the adapter; nothing where it changes nothing."""
        if self._adapter is None or not self._strength:
            return {}
        return {ADAPTER: self._adapter.sha256, STRENGTH: f"{self._strength:.2f}"}

    def use(self, path: Path | None, strength: float) -> None:
        """See BandEngine.use_adapter."""
        if not 0.0 <= strength <= 1.0:
            raise StudioError(tr("There is no such strength"), seen=f"{strength:g}", expected=tr("0 to 1"))
        adapter = load_adapter(path) if path is not None else None
        if adapter is not None:
            adapter.check_base(self._base_hashes)
        before = self._adapter, self._strength
        try:
            self._merge(adapter, strength)
        except (KeyError, RuntimeError, ValueError) as error:
            self._merge(*before)
            raise StudioError(
                tr("This adapter does not fit the model"),
                seen=str(error).splitlines()[0],
                todo=tr("Train it again, or go back to another adapter or to the base model"),
            ) from error

    @contextlib.contextmanager
    def base(self) -> Iterator[None]:
        """The base itself, for as long as something is trained on it."""
        before = self._adapter, self._strength
        self._merge(None, 1.0)
        try:
            yield
        finally:
            self._merge(*before)

    def _merge(self, adapter: Adapter | None, strength: float) -> None:
        tensors = adapter.tensors if adapter else {}
        unknown = set(tensors) - set(self._networks)
        if unknown:
            raise KeyError(f"changes of {', '.join(sorted(unknown))}")
        for name, network in self._networks.items():
            network.apply(tensors.get(name, {}), strength)
        self._adapter, self._strength = adapter, strength
