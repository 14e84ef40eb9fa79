"""What stands in the place of a sea floor, to compare with: one file a part of kind `sea`."""
