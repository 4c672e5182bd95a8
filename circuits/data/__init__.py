"""What models were trained on, and by what right."""
