"""Series jobs on the workers of a dask scheduler: what travels is closed with a key that the workers have by themselves."""
