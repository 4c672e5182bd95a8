"""What tests share, a module for each thing; each says at its top what it holds. No test stands here."""
