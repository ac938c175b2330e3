"""The de-identification benchmark: plants made-up people in real files, and looks what a program leaves of them.

By hand: `python -m tests.benchmarks.deid --seeds 1 2 3 --preset research`. Programs are run as commands; none is imported.
Text in pixels is a part of its own: `python -m tests.benchmarks.deid.pixels --seeds 1`.
"""
