"""YAML that ships with newstance: experiments, codebook and target profiles. No code."""
