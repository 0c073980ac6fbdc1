"""What ``make accept`` and ``make crash`` ask of the tests. These are no settings of the product: they are taken out of
the environment, as the commands that tests start would refuse them.
"""

import os

ACCEPTS = bool(os.environ.pop("MIDTHOUGHT_ACCEPT", ""))
"""Whether heavy tests run."""
DRAWS = int(os.environ.pop("MIDTHOUGHT_DRAWS", "1"))
"""How many times as often scaled tests draw or kill."""
KILLS = int(os.environ.pop("MIDTHOUGHT_KILLS", "14"))
"""How often the crash test kills a process."""
