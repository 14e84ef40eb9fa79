"""The networks of the study (Sec. 4.7), one file each.

A network is built from the shape of an image and, if it tells classes apart, their number. One with LEAs has
an option `lea`: a function that makes a LEA for so many input channels and so large an input.
"""
