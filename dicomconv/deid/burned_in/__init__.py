"""Text burned into pixels: which images may carry it, where it is, and how it is blanked (PS3.15 E.3.1)."""
