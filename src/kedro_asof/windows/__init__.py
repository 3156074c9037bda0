"""Point-in-time windows over event tables, declared in configuration."""
