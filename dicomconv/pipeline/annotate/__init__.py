"""What was drawn on pictures, onto the frames that the pictures show; and what annotation tools want to load."""
