"""Pages that are broken on purpose, and how a fault of each begins that has to be found."""

WIDE = '<div style="width: 600px; height: 1em">wide</div>'

PAGES = {
    "sound": ('<p>A <a href="sound.html#here">link</a>.</p><p id="here">Here.</p>', ""),
    "wide_table": (f'<div style="overflow-x: auto">{WIDE}</div>', "scrolls without a hint"),
    "wide_page": (WIDE, "the page is 608 wide"),
    "script_error": ("<script>undefined_name()</script>", "script error"),
    "console": ("<script>console.error('oh')</script>", "console: oh"),
    "elsewhere": (
        '<script src="http://elsewhere.example/it.js"></script>',
        "a request to elsewhere",
    ),
    "dead_link": ('<a href="nowhere.html">nowhere</a>', "dead link: nowhere.html"),
    "dead_anchor": ('<a href="sound.html#nowhere">nowhere</a>', "dead link: sound.html#nowhere"),
    "image": ('<img alt="x" src="data:image/png;base64,AAAA">', "not loaded"),
    "no_alt": ('<img src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=">', "without alt"),
    "no_button": ('<div class="highlight"><pre>code</pre></div>', "no copy button"),
    "contrast": ('<p style="color: #999">pale</p>', "contrast of 2.85"),
    "broken_word": ('<h1 style="width: 2em; overflow-wrap: anywhere">broken</h1>', "a broken word"),
    "small_letters": (
        '<svg class="picture" width="99" height="20"><text y="9" font-size="9">x</text></svg>',
        "letters of 9.0 pixels",
    ),
    "cut_off": (
        '<svg class="picture" width="99" height="20"><text x="90" y="15">cut off</text></svg>',
        "cut off",
    ),
}
