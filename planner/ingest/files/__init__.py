"""Files, folders and archives to sheets: rows of cells as they stand."""
