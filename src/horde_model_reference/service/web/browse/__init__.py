"""Pages to find models and read what is known of them."""
