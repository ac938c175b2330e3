"""What the sample's pictures are drawn from: bodies made of formulas, no patient."""
