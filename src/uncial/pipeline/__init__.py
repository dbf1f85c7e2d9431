"""Many pages and lines read: processes side by side, results that survive a crash."""
