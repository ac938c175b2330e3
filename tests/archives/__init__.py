"""Archives as sources."""
