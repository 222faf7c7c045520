"""Random-looking numbers that are a function of their input, so that they can be had again without being kept."""

_64_BITS = (1 << 64) - 1


def mixed(number: int) -> int:
    """64 bits for the low 64 bits of `number`, and no two the same: the finaliser of SplitMix64."""
    number &= _64_BITS
    number = ((number ^ number >> 30) * 0xBF58476D1CE4E5B9) & _64_BITS
    number = ((number ^ number >> 27) * 0x94D049BB133111EB) & _64_BITS
    return number ^ number >> 31
