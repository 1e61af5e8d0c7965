"""What users train on their own rows: heads in seconds (numpy alone), encoders in hours (torch, extra `train`)."""
