"""PLACEHOLDER of the lead so that the tree imports: the helper who owns this file replaces it."""


def cleaned(profile: bytes) -> bytes | None:
    return None
