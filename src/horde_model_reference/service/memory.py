"""Keeping a worker small."""

import ctypes
import sys

_M_TRIM_THRESHOLD = -1
_TRIM_THRESHOLD_BYTES = 128 * 1024


def return_freed_memory() -> None:
    """Let the C library give freed memory back to the system as soon as 128 KiB of it lie at the end.

    Its own threshold grows with the largest block that was ever freed: after a category was parsed or
    compressed once, a worker would hold on to that memory. Measured on the real data, after everything was
    read: 92 MiB instead of 101.
    Nothing happens where the C library has no such setting.
    """
    if sys.platform != "linux":
        return
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(_M_TRIM_THRESHOLD, _TRIM_THRESHOLD_BYTES)
