"""Papers: what is printed or sent, as PDF and as DOCX.

Rules: the same content gives the same bytes; what people typed is text; a typeface with Kyrgyz
letters. ``pdf`` lays pages out; ``blocks`` is a paper as data, which ``docx`` and ``blocks_pdf``
write.
"""
