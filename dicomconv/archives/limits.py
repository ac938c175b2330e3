"""How much an archive may hold: what is many times larger than its archive is a bomb, whatever it is called."""

MOST = 200  # times its archive: text and blank images stay below, bombs do not
UNASKED_MEMBER, UNASKED_ARCHIVE = 1 << 30, 1 << 34  # up to this size nobody asks how well it was compressed
LONGEST_NAME, LONGEST_STEP, MOST_STEPS = 4096, 255, 64
LARGEST_NOTE = 1 << 20  # of what a tar says of a member beside its header


def is_bomb(size: int, packed: int, unasked: int = UNASKED_MEMBER) -> bool:
    """Whether something is much larger than what it was made of."""
    return size > unasked and size > MOST * packed
