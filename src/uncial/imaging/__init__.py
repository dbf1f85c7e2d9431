"""Line images: how a model sees them, and how they are aged."""
