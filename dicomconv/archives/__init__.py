"""Members of archives as sources, read where they are; what is in an archive is taken for hostile."""
