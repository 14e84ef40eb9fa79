"""The networks of the study (Sec. 4.7), one file each.

A network is built from the shape of an image and the number of classes; one that declares `LEAS = True` also
from a function that makes a LEA for so many input channels and so large an input. One that declares
`CLASSIFIES = False` learns without labels. `REGIME` and `LEA_WEIGHT` fix how it is trained.
"""
