"""`python -m tests.benchmarks`: the benchmark of speed, under its short name."""

import sys

from tests.benchmarks.speed import main

sys.exit(main())
