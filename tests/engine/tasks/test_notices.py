"""What speaks of a publication and what speaks of its matter."""

import pytest

from engine.tasks.notices import is_notice


@pytest.mark.parametrize("sentence", [
    "Copyright © 2001 The Keepers, Inc.",
    "Copyright 2001 by Ada Brandt.",
    "All rights reserved.",
    "A copy of the license is included in the section entitled \u201cLicense\u201d.",
    "The authors declare that they have no competing interests.",
    "This is an open access article distributed under the terms of a licence.",
    "Permission is hereby granted, free of charge, to any person.",
    "Permission to make digital or hard copies of this work is granted.",
    "* Correspondence to: A. Brandt.",
    "Correspondence should be addressed to A. Brandt.",
    "Received 3 May 2010; accepted 5 June 2010.",
    "No part of this publication may be reproduced.",
    "Conflict of interest: none.",
])
def test_of_the_publication(sentence: str) -> None:
    assert is_notice(sentence)


@pytest.mark.parametrize("sentence", [
    "Copyright law was changed in 1976.",
    "Correspondence between the two men went on for years.",
    "Conflicts of interest arise where a director has a stake in the matter.",
    "The authors report that mortality fell by a third.",
    "This article is about lighthouses.",
    "Permission was refused by the board.",
    "Received wisdom says so.",
    "The first light was printed on the chart in 1871.",
])
def test_of_its_matter(sentence: str) -> None:
    assert not is_notice(sentence)
