"""Where the stages meet, one composition a file. With the command line, the only place on both sides of the wall."""
