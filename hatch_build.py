"""Reads the runtime dependencies from requirements/base.in, the one place they are named."""

from pathlib import Path

from hatchling.metadata.plugin.interface import MetadataHookInterface


class CustomMetadataHook(MetadataHookInterface):
    def update(self, metadata: dict) -> None:
        lines = Path(self.root, "requirements", "base.in").read_text(encoding="utf-8").splitlines()
        metadata["dependencies"] = [
            line.split("#")[0].strip() for line in lines if line.split("#")[0].strip()
        ]
