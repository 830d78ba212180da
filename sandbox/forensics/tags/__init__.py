"""Tags: what others say about addresses, each with its source and how far that is trusted.

Rules:

1. A tag is somebody's statement and **never the truth**: it may say where to stop or whom to ask,
   and proves nothing.
2. Packs are read strictly: one wrong tag refuses the pack, an unknown field too. A pack's digest
   says which bytes were used, and every row keeps pack, version, place and source.
3. Several packs are joined by putting them side by side. Where they contradict each other all of
   it stands in a table of conflicts; the surer one does not silently win.
4. Services to stop at are chosen by a least level that the reader states.
5. A tag of one account of a cluster may be said of the others, with a confidence that only falls;
   it then stands in a table of its own, and makes no service of anybody.
"""
