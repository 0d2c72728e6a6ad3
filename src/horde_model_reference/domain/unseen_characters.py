"""Characters that a text may hide things with."""

import re
from typing import Final

UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""One that nobody sees, or that turns the text around it.

Not among them: joiners, which emoji and some scripts need, and the ends of lines.
"""
