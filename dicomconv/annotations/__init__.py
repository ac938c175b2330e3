"""What annotation tools read and write: a format a file, in pictures' own pixels, without names of people.

A reader is a function from a file to what is drawn in it (`drawn.Drawn`, `drawn.Volume`).
"""
