"""Oracle: the docstrings themselves, by way of the script that makes the page."""

from docs.make_nn import PAGE, page


def test_the_page_of_the_interface_is_what_the_docstrings_say():
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`"
