"""The facts as XMP, for programs that read no content credentials, in the words of IPTC's metadata."""

from xml.sax.saxutils import quoteattr

from tasks.marks.facts import MarkFacts

CREDIT = "Made with Storykin"
_HEAD = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
_SPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "storykin": "urn:storykin:marks:1",
}


def xmp_packet(facts: MarkFacts) -> str:
    """The packet, whole; the same facts give the same text."""
    return f'{_HEAD}{xmp_document(facts)}<?xpacket end="r"?>'


def xmp_document(facts: MarkFacts) -> str:
    """What is in the packet, for those who wrap it themselves (a PDF's writer)."""
    return f'<x:xmpmeta xmlns:x="adobe:ns:meta/">{rdf(facts)}</x:xmpmeta>'


def rdf(facts: MarkFacts) -> str:
    """The facts as an element of RDF; SVG takes it as it is, in its metadata element."""
    told = {
        "photoshop:Credit": CREDIT,
        "xmp:CreatorTool": "Storykin",
        "Iptc4xmpExt:DigitalSourceType": facts.source.value,
        "Iptc4xmpExt:AISystemUsed": facts.provider,
        "Iptc4xmpExt:AISystemVersionUsed": facts.model,
        "storykin:style": f"{facts.style} {facts.style_version}".strip(),
        "storykin:picture": facts.picture,
        "storykin:mark": facts.mark_hex,
        "storykin:edit": facts.edit.value if facts.edit else "",
    }
    spaces = " ".join(f"xmlns:{name}={quoteattr(address)}" for name, address in _SPACES.items())
    values = " ".join(f"{name}={quoteattr(value)}" for name, value in told.items() if value)
    return (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" {spaces} {values}/></rdf:RDF>'
    )
