"""The community's loaders, each behind a function that gives plain arrays and numbers. Nothing here imports dicomconv."""
