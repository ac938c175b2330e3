"""What a compressed frame holds beside the picture: comments, profiles, previews, and bytes that no decoder reads."""
