"""What was found, and is mended: the target, the file of pydicom's wheel, the seed, the mutation; and what went wrong.

`python -m tests.fuzz --once TARGET FILE SEED MUTATION` repeats one. A change to tests/fuzz/mutate.py or containers.py
makes other cases of them: look for these first.
"""

ALPHA = "test_files/dicomdirtests/TINY_ALPHA/PT000000/ST000000/SE000000/IM00000Z"
FOUND = [
    # reading on in a damaged container raised what h5py, NumPy and Python raise, not VerificationFailed
    ("container", "test_files/SC_rgb_rle_16bit.dcm", 1083702678, "missing"),  # KeyError
    ("container", "test_files/dicomdirtests/98892003/MR700/4467", 3297981365, "attributes"),  # ValueError
    ("container", "test_files/SC_rgb_rle.dcm", 3904194527, "shapes"),  # TypeError
    ("container", "made frames", 1962708629, "bits"),  # KeyError
    ("container", "test_files/dicomdirtests/98892003/MR2/4950", 2426198447, "inserted"),  # RuntimeError
    ("container", "made ct", 1714914220, "missing"),  # AttributeError
    ("container", ALPHA, 3428957041, "attributes"),  # a count below zero
    # a column of ten million rows that are not there
    ("container", "test_files/SC_rgb_rle_2frame.dcm", 315174351, "shapes"),  # hang
    ("container", "made frames", 1701145297, "shapes"),  # IndexError
    # an attribute that is text of another type
    ("container", ALPHA, 2531537435, "attributes"),  # AttributeError
    ("container", "test_files/CT_small.dcm", 338840765, "attributes"),  # AttributeError
    # a number that ends in ten zeros has an empty ending, which nothing can look for
    ("deid", "test_files/J2K_pixelrep_mismatch.dcm", 2830291842, "doubled"),  # ValueError
    # a damaged length makes hundreds of long names of pixels, and each of them thousands of spellings
    ("deid", "test_files/examples_jpeg2k.dcm", 3153535926, "octets"),  # hang
    # a NUL in Specific Character Set
    ("deid", "charset_files/chrH31.dcm", 852509913, "number"),  # ValueError
]
