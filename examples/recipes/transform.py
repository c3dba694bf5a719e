"""Transform XML that a stranger sent by a stylesheet of one's own."""

import sys

from lxml import etree

from pyextrasafe import SafetyContext, SystemIO

STYLE = """
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:output method="xml" omit-xml-declaration="yes"/>
  <xsl:template match="/list">
    <ul>
      <xsl:for-each select="item">
        <xsl:sort/>
        <li><xsl:value-of select="."/></li>
      </xsl:for-each>
    </ul>
  </xsl:template>
</xsl:stylesheet>
"""

style = etree.XSLT(etree.XML(STYLE))

SafetyContext().enable(SystemIO().allow_stdin().allow_stdout()).apply_to_all_threads()

document = etree.fromstring(sys.stdin.buffer.read())
sys.stdout.write(str(style(document)).strip())
sys.stdout.flush()
