"""Proofs that the community's own loaders read what is exported: `python -m tests.acceptance`."""
