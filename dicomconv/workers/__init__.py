"""Worker processes that are watched: what a job does to its process costs that job, and no other.

Of POSIX systems only: a worker is forked from a process that has loaded what is needed and does nothing else.
"""
