"""What reading a zip raises that is none, or that has other bytes than were written."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib

DAMAGED = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, NotImplementedError,
    ValueError, OverflowError,
)  # fmt: skip
"""Besides OSError, for a place in the file that cannot be, and RuntimeError, for what is encrypted."""
