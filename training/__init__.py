"""Training: a configuration becomes a checkpoint, and a checkpoint an exported model."""
