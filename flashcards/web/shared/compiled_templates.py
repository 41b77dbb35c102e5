"""Templates as Python has compiled them, kept in the data folder: to compile one takes as long as some pages do."""

from __future__ import annotations

import logging
from contextlib import suppress
from pathlib import Path

from jinja2 import Environment
from jinja2.bccache import Bucket, FileSystemBytecodeCache

FOLDER = "compiled-templates"
LOG = logging.getLogger(__name__)


class CompiledTemplates(FileSystemBytecodeCache):
    """Keeps one file for each template below `data`; Jinja uses it only as long as template and versions are the same.

    Nothing depends on it: what cannot be read is compiled, what cannot be written is not kept.
    """

    def __init__(self, data: Path) -> None:
        folder = data / FOLDER
        with suppress(OSError):
            folder.mkdir(mode=0o700, exist_ok=True)
        super().__init__(str(folder))

    def get_bucket(self, environment: Environment, name: str, filename: str | None, source: str) -> Bucket:
        """Where a template is kept, known by what is compiled: extensions change its source, with the settings."""
        return super().get_bucket(environment, name, filename, environment.preprocess(source, name, filename))

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fills the bucket from its file, where that is whole."""
        try:
            super().load_bytecode(bucket)
        except Exception:  # noqa: BLE001 - whatever a damaged file makes of pickle and marshal
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Writes the file of the bucket."""
        try:
            super().dump_bytecode(bucket)
        except OSError as error:  # a full disk: pages come all the same
            LOG.debug("a template was not kept: %s", error)
