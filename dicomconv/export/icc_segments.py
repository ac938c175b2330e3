"""An ICC profile put into a JPEG file that has none: APP2 segments before all others but JFIF's (ICC.1:2022, B.4)."""

MOST = 65519  # bytes of a profile in one segment
START, JFIF, APP2, NAME = b"\xff\xd8", b"\xff\xe0", b"\xff\xe2", b"ICC_PROFILE\0"


def with_profile(jpeg: bytes, profile: bytes) -> bytes:
    """The file with the profile in it; what is not a JPEG, or is to get an empty profile, as it is."""
    if not profile or not jpeg.startswith(START):
        return jpeg
    at = len(START)
    if jpeg[at : at + 2] == JFIF:
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    parts = [profile[start : start + MOST] for start in range(0, len(profile), MOST)]
    segments = [
        APP2 + (len(NAME) + 4 + len(part)).to_bytes(2, "big") + NAME + bytes([number, len(parts)]) + part
        for number, part in enumerate(parts, 1)
    ]
    return jpeg[:at] + b"".join(segments) + jpeg[at:]
