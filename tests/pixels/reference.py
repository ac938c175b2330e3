"""A second renderer, in float64 and without any table of results: PS3.3 C.7.5.1.1.2, C.7.6.3, C.7.9, C.11; PS3.4 N.2.

It shares nothing with the package but numpy, and pydicom takes the headers apart. Pixels that are compressed come in as
decoded samples. Where the standard leaves the choice: padding is black, levels are rounded half up, the first window
counts, then the first VOI LUT.
"""

import numpy as np

NUMBERS = {"FloatPixelData": "f4", "DoubleFloatPixelData": "f8"}
NOT_FOR_DISPLAY = ("1.2.840.10008.5.1.4.1.1.12.1", "1.2.840.10008.5.1.4.1.1.12.2")  # XA, XRF: PS3.4 N.2.1
FRAME_TYPES = ("CTImageFrameTypeSequence", "MRImageFrameTypeSequence", "PETFrameTypeSequence")


def found(dataset, frame, macro, keyword):
    """An attribute of a frame: of its own functional groups, of the shared ones, of the top level."""
    groups = [*dataset.get("PerFrameFunctionalGroupsSequence", [])][frame : frame + 1]
    groups += [*dataset.get("SharedFunctionalGroupsSequence", [])][:1]
    places = [item for group in groups for item in group.get(macro, [])] + [dataset]
    return next((place[keyword].value for place in places if place.get(keyword) not in (None, "", [])), None)


def listed(value):
    return (
        [] if value is None else list(value) if hasattr(value, "__iter__") and not isinstance(value, str) else [value]
    )


def cells(dataset, big_endian=False):
    """The bits of every sample of a native pixel value, as numbers of Bits Allocated: bit by bit."""
    for keyword, kind in NUMBERS.items():
        if keyword in dataset:
            return np.frombuffer(dataset[keyword].value, "<" + kind).astype(np.float64)
    data, allocated = np.frombuffer(dataset.PixelData, np.uint8), dataset.BitsAllocated
    swap = allocated // 8 if allocated > 8 else 2 if dataset["PixelData"].VR == "OW" else 1
    if big_endian and swap > 1:
        data = data[: len(data) // swap * swap].reshape(-1, swap)[:, ::-1].ravel()
    bits = np.unpackbits(data, bitorder="little")
    bits = bits[: len(bits) // allocated * allocated].reshape(-1, allocated)
    return sum(bits[:, bit].astype(np.uint64) << np.uint64(bit) for bit in range(allocated))


def shaped(dataset, values):
    """All samples as (frames, rows, columns[, samples])."""
    frames, rows, columns = str(dataset.get("NumberOfFrames")), dataset.Rows, dataset.Columns
    frames = int(frames) if frames.isdigit() and int(frames) else 1  # pydicom's badVR.dcm has 1A of them
    samples = dataset.get("SamplesPerPixel", 1)
    if samples == 1:
        return values[: frames * rows * columns].reshape(frames, rows, columns)
    if "422" in dataset.PhotometricInterpretation and len(values) < frames * rows * columns * 3:
        pairs = values[: frames * rows * columns * 2].reshape(-1, 4)
        pixels = [[pair[0], pair[2], pair[3], pair[1], pair[2], pair[3]] for pair in pairs]
        return np.array(pixels).reshape(frames, rows, columns, 3)
    values = values[: frames * rows * columns * samples]
    if dataset.get("PlanarConfiguration") == 1:
        return np.moveaxis(values.reshape(frames, samples, rows, columns), 1, -1)
    return values.reshape(frames, rows, columns, samples)


def stored(dataset, samples, signed):
    """The stored values, float64: Bits Stored bits that end at High Bit, in two's complement if signed."""
    if samples.dtype.kind == "f":
        return samples.astype(np.float64)
    bits = int(dataset.get("BitsStored") or dataset.BitsAllocated)
    high = dataset.get("HighBit")
    below = (bits - 1 if high is None or high < bits - 1 or high >= dataset.BitsAllocated else high) + 1 - bits
    values = (samples.astype(np.uint64) >> np.uint64(below)) & np.uint64((1 << bits) - 1)
    values = values.astype(np.float64)
    return np.where(values >= 2.0 ** (bits - 1), values - 2.0**bits, values) if signed else values


def table(item, prefix, signed, big_endian):
    """A look-up table: first value mapped, bits, entries (C.11.1.1.1, C.7.6.3.1.5, C.7.9.2)."""
    count, first, bits = (int(value) & 0xFFFF for value in item[prefix + "Descriptor"].value)
    count, first = count or 65536, first - 65536 if signed and first >= 32768 else first
    data, kind = item.get(prefix + "Data"), ">" if big_endian else "<"
    if data is None:
        words = np.frombuffer(item["Segmented" + prefix + "Data"].value, kind + "u2").tolist()
        return first, bits, segments(words, count)
    if not isinstance(data, bytes):
        return first, bits, np.array([int(entry) & 0xFFFF for entry in listed(data)][:count])
    if len(data) in (count, count + 1) and count > 1:  # two entries of 8 bits in each word, the first of them low
        words = np.frombuffer(data, kind + "u2")
        return first, bits, np.array([byte for word in words.tolist() for byte in (word & 255, word >> 8)][:count])
    return first, bits, np.frombuffer(data, kind + "u2")[:count].astype(np.int64)


def segments(words, count):
    """Discrete and linear segments of 16 bits (C.7.9.2.1, C.7.9.2.2)."""
    entries, at = [], 0
    while len(entries) < count:
        kind, length = words[at : at + 2]
        if kind == 0:
            entries, at = entries + words[at + 2 : at + 2 + length], at + 2 + length
        else:
            entries += [np.floor(y + 0.5) for y in np.linspace(entries[-1], words[at + 2], length + 1)[1:]]
            at += 3
    return np.array(entries[:count])


def looked_up(values, first, entries):
    index = np.floor(values + 0.5) - first
    return entries[np.where(index < 0, 0, np.where(index >= len(entries), len(entries) - 1, index)).astype(int)]


def modality(dataset, frame, values, signed, big_endian):
    if dataset.get("SOPClassUID") in NOT_FOR_DISPLAY:
        return values
    if dataset.get("ModalityLUTSequence"):
        first, _, entries = table(dataset.ModalityLUTSequence[0], "LUT", signed, big_endian)
        return looked_up(values, first, entries).astype(np.float64)
    slope = found(dataset, frame, "PixelValueTransformationSequence", "RescaleSlope")
    intercept = found(dataset, frame, "PixelValueTransformationSequence", "RescaleIntercept")
    return float(slope or 1) * values + float(intercept or 0)


def windowed(x, c, w, function="LINEAR"):
    """C.11.2.1.2 and C.11.2.1.3, with 0 and 1 as the ends of the output."""
    with np.errstate(all="ignore"):
        if function == "SIGMOID":
            return 1 / (1 + np.exp(-4 * (x - c) / w))
        if function == "LINEAR_EXACT":
            return np.where(x <= c - w / 2, 0.0, np.where(x > c + w / 2, 1.0, (x - c) / w + 0.5))
        linear = (x - (c - 0.5)) / (w - 1) + 0.5
        return np.where(x <= c - 0.5 - (w - 1) / 2, 0.0, np.where(x > c - 0.5 + (w - 1) / 2, 1.0, linear))


def voi(dataset, frame, x, window, big_endian):
    """By the window that is asked for, else the file's first one, else its VOI LUT."""
    if window is None:
        centers, widths, functions = (
            listed(found(dataset, frame, "FrameVOILUTSequence", keyword))
            for keyword in ("WindowCenter", "WindowWidth", "VOILUTFunction")
        )
        if centers:
            window = float(centers[0]), float(widths[0]), str((functions or ["LINEAR"])[0])
    if window is not None:
        return windowed(x, *window)
    bits, signed = int(dataset.BitsStored), dataset.get("PixelRepresentation") == 1
    ends = np.array([-(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1] if signed else [0.0, 2.0**bits - 1])
    signed = modality(dataset, frame, ends, signed, big_endian).min() < 0  # C.11.2.1.1: whether they can be negative
    first, bits, entries = table(
        found(dataset, frame, "FrameVOILUTSequence", "VOILUTSequence")[0], "LUT", signed, big_endian
    )
    # 16 is the size of the storage for Agfa, and no file may overflow what it declares: as many bits as entries have
    needed = max(1, int(entries.max()).bit_length())
    return looked_up(x, first, entries) / (2.0 ** (needed if bits >= 16 else max(bits, needed)) - 1)


def padded(dataset, values, signed):
    prefix = {"FloatPixelData": "Float", "DoubleFloatPixelData": "DoubleFloat"}
    prefix = next((prefix[keyword] for keyword in prefix if keyword in dataset), "")
    ends = [dataset.get(f"{prefix}PixelPadding{end}") for end in ("Value", "RangeLimit")]
    if ends[0] is None:
        return np.zeros(values.shape, bool)
    ends = [float(end) if prefix else int(end) & 0xFFFF for end in ends if end is not None]
    ends = [end - 65536 if signed and end >= 32768 else end for end in ends]
    return (values >= min(ends)) & (values <= max(ends))


def levels(y, depth):
    return np.floor((2**depth - 1) * y + 0.5)


def of_colours(dataset, index, signed, big_endian, depth):
    found = [table(dataset, f"{c}PaletteColorLookupTable", signed, big_endian) for c in ("Red", "Green", "Blue")]
    bits = 16 if max(entries.max() for _, _, entries in found) > 255 else 8
    return np.stack([levels(looked_up(index, f, e) / (2**bits - 1), depth) for f, _, e in found], -1)


def in_colour(dataset, values, depth):
    """C.7.6.3.1.2: green is what is left of the luminance when red and blue are taken out."""
    bits, kind = int(dataset.BitsStored), dataset.PhotometricInterpretation
    if kind.startswith("YBR_"):
        y, cb, cr = values[..., 0], values[..., 1] - 2 ** (bits - 1), values[..., 2] - 2 ** (bits - 1)
        below = 1.0
        if "PARTIAL" in kind:  # 16 to 235, and 16 to 240
            y, cb, cr, below = (y - 2**bits / 16) * 255 * 224, cb * 255 * 219, cr * 255 * 219, 219.0 * 224.0
        if "PARTIAL" in kind or "FULL" in kind:  # in thousandths, where whole numbers are exact and halves are halves
            red, blue = 1000 * y + 1402 * cr, 1000 * y + 1772 * cb
            green = 1000 * 1000 * y - 299 * red - 114 * blue
            rgb = np.stack([587 * red, green, 587 * blue], -1) / (587000 * below)
            values = np.clip(np.floor(rgb + 0.5), 0, 2**bits - 1)
    return levels(values / (2**bits - 1), depth)


def is_coloured(dataset, frame):
    """Whether a monochrome frame has colours in its upper values (Pixel Presentation, C.8.16.2.1.1)."""
    kinds = [found(dataset, frame, macro, "PixelPresentation") for macro in FRAME_TYPES]
    return "RedPaletteColorLookupTableDescriptor" in dataset and next(filter(None, kinds), "") in ("COLOR", "MIXED")


def drawn(dataset, frame, samples, *, window=None, depth=8, big_endian=False):
    """The picture of a frame: samples (rows, columns[, 3]) in, grey levels or RGB by pixel out, as whole numbers."""
    photometric, signed = (
        dataset.get("PhotometricInterpretation", "MONOCHROME2"),
        dataset.get("PixelRepresentation") == 1,
    )
    if samples.ndim == 3:
        return in_colour(dataset, stored(dataset, samples, False), depth)
    values = stored(dataset, samples, signed)
    if photometric == "PALETTE COLOR":
        return of_colours(dataset, values, signed, big_endian, depth)
    y = voi(dataset, frame, modality(dataset, frame, values, signed, big_endian), window, big_endian)
    shape = dataset.get("PresentationLUTShape", "")
    y = 1 - y if shape == "INVERSE" or (shape != "IDENTITY" and photometric == "MONOCHROME1") else y
    grey = np.where(padded(dataset, values, signed) | np.isnan(y), 0, levels(np.nan_to_num(y), depth))
    if not is_coloured(dataset, frame):
        return grey
    colour = of_colours(dataset, values, signed, big_endian, depth)
    first = table(dataset, "RedPaletteColorLookupTable", signed, big_endian)[0]
    return np.where(((values >= first) & ~padded(dataset, values, signed))[..., None], colour, grey[..., None])


def value_range(dataset, frame, samples, *, big_endian=False):
    """The lowest and highest modality value of a frame's grey pixels that is a number and no padding."""
    signed = dataset.get("PixelRepresentation") == 1
    values = stored(dataset, samples, signed)
    values = values[~padded(dataset, values, signed) & np.isfinite(values)]
    if is_coloured(dataset, frame):
        values = values[values < table(dataset, "RedPaletteColorLookupTable", signed, big_endian)[0]]
    x = modality(dataset, frame, values, signed, big_endian)
    return (x.min(), x.max()) if x.size else None
