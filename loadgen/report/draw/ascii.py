"""Text for terminals that show nothing but ASCII: each sign of a picture as one that is as wide."""

import re

_JOINT = re.compile(r"(?<= )·(?= |$|\x1b)", re.MULTILINE)
_SIGNS = str.maketrans("▏▎▍▌▋▊▉" + "▁▂▃▄▅▆▇█" + "░■·…•×", "---====" + ".,:-=+*#" + ".#_~ox")


def as_ascii(text: str) -> str:
    """The text with bars, levels, dots and ellipses in ASCII; letters of other scripts are left as they are."""
    return _JOINT.sub("-", text).translate(_SIGNS)
