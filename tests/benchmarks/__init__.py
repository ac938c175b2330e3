"""Benchmarks, run by hand: `python -m tests.benchmarks` for speed, `python -m tests.benchmarks.deid` for de-identification.

They use dicomconv as a command, and import nothing of it.
"""
