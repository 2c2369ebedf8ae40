"""What happens, one module per function, against the ports."""
