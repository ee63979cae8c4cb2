"""What is claimed of performance, measured side by side with peers where they are installed."""
