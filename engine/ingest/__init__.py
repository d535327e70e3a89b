"""Bytes -> Document: read in a child process, cleaned, put in reading order, cut into sentences.

    intake    what may be opened               pdf, plain   the file as printed strips of text
    worker    the child, seen from here        furniture    running heads and feet out
    child     the child itself                 columns      reading order
    sandbox   what it gives up                 paragraphs, roles, flow      blocks that know what they are
    perform   what it is asked                 compose      the text, and offsets into it
    wire      what it may say                  boxes        from offsets back to the page

Pages that are pictures: `recognise` draws them in one child and shows them to another, `recogniser` is
that one seen from here, `recogniser_child` itself; `recognised` makes strips of its lines, and `merge`
puts the pages between those that have a text of their own.

Files that were never printed take a shorter way: `archive` unpacks, `markup` (HTML), `markdown`,
`epub` and `docx` give pieces, and `pieces` makes sections and blocks of them for `compose`. `kinds`
is the one table of what can be read.

`reader` is the door. Nothing but `pdf` imports PyMuPDF, and nothing but the child imports `pdf`.
"""
