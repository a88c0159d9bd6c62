"""A sampler: recorded notes of real instruments, played by hands that know their instrument."""
