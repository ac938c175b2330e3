"""What goes to the operator's terminal: names of files may hold anything."""


def visible(text: str) -> str:
    """A name without what a terminal would obey, line breaks and bytes that are no text written out."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)
