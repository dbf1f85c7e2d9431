"""Line ground truth as training sees it: decoded, judged, split and stored."""
