"""Which note of today is which note of before."""
