"""Damaged files by the hundred thousand: docs/testing.md says how they are made and what counts as found."""
