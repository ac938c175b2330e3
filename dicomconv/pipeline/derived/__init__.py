"""DICOM objects that are made from annotations: segmentations, structure sets, reports; and their way back to a hospital."""
