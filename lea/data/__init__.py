"""One file a data set: files in, table out. A data set's class has the face that `arrays.py` describes."""
