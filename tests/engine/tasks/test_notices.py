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
    "This work was partially supported by a grant of the harbour board.",
    "We would like to thank the keepers for their patience.",
    "The authors are deeply indebted to the keeper.",
    "Acknowledgements: the board paid for the paint.",
    "The rest of the paper is organised as follows.",
    "This paper is structured as follows: Section II introduces the lamps.",
    "The lamp is given in Section 2 while Section 3 describes our keeper.",
    "After some words on lamps (\u00a72), we introduce a keeper (\u00a73.1).",
    "In this section, we look at lamps.",
    "Several of those algorithms are described in the following.",
    "The rest of this paper is organised as follows.",
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
    "The library was funded by the city, which sold its docks for it.",
    "He was grateful to the keeper who had lit the fire.",
    "Funding fell by a third in the year after the storm.",
    "Section 3 provides that a keeper may not leave the lamp.",
    "Under Sections 4 and section 7 of the Act the board appoints the keeper.",
    "In this section, \u201ckeeper\u201d means whoever tends a lamp.",
    "Section 5 describes the duties of the keeper.",
    "We hold that Section 2 and Section 5 of the Harbour Act are void.",
    "This work was funded by the city at a cost of 40 million.",
    "The study was sponsored by the makers of lamps, which biased its results.",
    "We are grateful to the voters who rejected the plan.",
    "I would like to thank the minister for his answer, but the tax must fall.",
    "Funding: the government will provide 3 billion a year.",
    "Acknowledgement: the receiver sends a signal within 20 ms.",
    "The rest of this report was destroyed by the fire.",
    "The values are set as given below.",
    "We measured how far the lamp was seen (Section 4).",
    "The first light was printed on the chart in 1871.",
])
def test_of_its_matter(sentence: str) -> None:
    assert not is_notice(sentence)
