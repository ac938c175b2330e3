"""To look before one reads: contact sheets and histograms of series, from containers or from DICOM files."""
