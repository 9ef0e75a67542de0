"""Tests in a browser, a package of their own: its page is closed when they are done."""
