"""Text files that went through an editor, a mail or a checkout of Windows: the same text, in the one form it has here.

There a file may begin with a byte order mark, be UTF-16 (as PowerShell's `>` writes it), and end its lines with a
carriage return too. None of that is anything that a person wrote; left in, a key would be no key, and a policy one
with another digest. So text files that people hand on are read, and their digests taken, without it.
"""

from __future__ import annotations

import codecs

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def unified(data: bytes) -> bytes:
    """UTF-8 without byte order mark, with line feeds alone as line ends. Bytes that are no such text, and carriage
    returns that end no line, stay as they are, for whoever reads them to refuse."""
    if data.startswith(_UTF_16):
        try:
            data = data.decode("utf-16").encode()
        except UnicodeError:  # half a character, or half of a surrogate pair
            return data
    return data.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n")
