"""A PNG that can be shown: whole, of a size that a logo has, and with nothing in it but the picture."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOST_PIXELS = 4_000_000
# Cameras and editors leave names, places and times in the other parts.
KEPT = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}


def clean_png(content: bytes) -> bytes:
    """The picture alone.

    Raises
    ------
    ValueError
        It is damaged, too large, or of a kind that not every reader shows.
    """
    parts = [(kind, data) for kind, data in _parts(content) if kind in KEPT]
    if len(parts) < 3 or parts[0][0] != b"IHDR" or parts[-1][0] != b"IEND" or len(parts[0][1]) != 13:
        raise ValueError("the file is cut off or damaged")
    _check(parts[0][1], b"".join(data for kind, data in parts if kind == b"IDAT"))
    return SIGNATURE + b"".join(map(_part, parts))


def _parts(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    while at + 12 <= len(content):
        (length,) = struct.unpack_from(">I", content, at)
        kind, data = content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        end = at + 8 + length
        if content[end : end + 4] != struct.pack(">I", zlib.crc32(kind + data)):
            raise ValueError("the file is cut off or damaged")
        yield kind, data
        if kind == b"IEND":
            return
        at = end + 4


def _check(head: bytes, packed: bytes) -> None:
    width, height, depth, colour, method, scheme, interlaced = struct.unpack(">IIBBBBB", head)
    if not 0 < width * height <= MOST_PIXELS:
        raise ValueError(f"{width} × {height} points are more than a logo needs")
    if depth not in DEPTHS.get(colour, ()) or method or scheme or interlaced:
        raise ValueError("it is interlaced or of an unusual kind")
    needed = height * (1 + (width * CHANNELS[colour] * depth + 7) // 8)
    try:
        # No more than the picture itself is unpacked, whatever the file holds.
        unpacked = zlib.decompressobj().decompress(packed, needed + 1)
    except zlib.error:
        raise ValueError("the file is cut off or damaged") from None
    if len(unpacked) != needed:
        raise ValueError("the file is cut off or damaged")


def _part(part: tuple[bytes, bytes]) -> bytes:
    kind, data = part
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
