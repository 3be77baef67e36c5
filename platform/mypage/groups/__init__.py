"""Groups of lines: one login reads the contracts and bills of many, and downloads them together; it never changes one."""
