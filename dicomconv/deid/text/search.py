"""PLACEHOLDER of the lead so that the tree imports: the helper who owns this file replaces it."""


class ResidualSearch:
    def __init__(self, identifiers: object) -> None: ...
    def in_bytes(self, data: bytes) -> list[object]:
        return []
