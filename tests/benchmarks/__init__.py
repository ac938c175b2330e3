"""Benchmarks, run by hand: `python -m tests.benchmarks`. They use dicomconv as a command, and import nothing of it."""
