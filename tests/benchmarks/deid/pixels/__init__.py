"""The pixel part of the benchmark: lines of text drawn into images, and what a program leaves of them.

By hand: `python -m tests.benchmarks.deid.pixels --seeds 1`. Programs are run as commands; none is imported.
"""
