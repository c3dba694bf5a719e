// Returns what is wrong with the page as it is shown now, as lines, and its ids and links.
() => {
    const faults = [];
    const content = document.querySelector("article") || document.body;
    const isShown = element => element.getClientRects().length > 0;
    const scrolls = element => ["auto", "scroll"].includes(getComputedStyle(element).overflowX);
    const name = element => {
        const text = element.textContent.trim().replace(/\s+/g, " ").slice(0, 40);
        return `${element.tagName.toLowerCase()}.${element.getAttribute("class") || ""} "${text}"`;
    };

    // ---- Nothing is wider than the window, unless it scrolls in a box with a hint ---------------

    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth > width) {
        faults.push(`the page is ${document.documentElement.scrollWidth} wide`);
    }
    const visit = element => {
        for (const child of element.children) {
            if (!isShown(child)) continue;
            if (child.getBoundingClientRect().right > width + 1) {
                faults.push(`beyond the window: ${name(child)}`);
            } else if (scrolls(child)) {
                const background = getComputedStyle(child).backgroundAttachment;
                if (child.scrollWidth > child.clientWidth && !background.includes("local")) {
                    faults.push(`scrolls without a hint: ${name(child)}`);
                }
            } else {
                visit(child);
            }
        }
    };
    visit(content);

    // ---- Headings: no word is broken ------------------------------------------------------------

    for (const heading of content.querySelectorAll("h1, h2, h3, h4")) {
        const texts = document.createTreeWalker(heading, NodeFilter.SHOW_TEXT);
        for (let text = texts.nextNode(); text; text = texts.nextNode()) {
            for (const word of text.data.matchAll(/[^\s._(-]+/g)) {
                const range = document.createRange();
                range.setStart(text, word.index);
                range.setEnd(text, word.index + word[0].length);
                const tops = new Set([...range.getClientRects()].map(box => Math.round(box.top)));
                if (tops.size > 1) faults.push(`a broken word: ${name(heading)}`);
            }
        }
    }

    // ---- Pictures -------------------------------------------------------------------------------

    for (const image of document.images) {
        if (!image.complete || !image.naturalWidth) faults.push(`not loaded: ${image.src}`);
        if (!image.alt) faults.push(`without alt: ${image.src}`);
    }
    for (const picture of content.querySelectorAll("svg.picture")) {
        if (!isShown(picture)) continue;
        const frame = picture.getBoundingClientRect();
        const boxes = [...picture.querySelectorAll("rect.box")]
            .map(box => box.getBoundingClientRect());
        for (const text of picture.querySelectorAll("text")) {
            const size = parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a;
            if (size < 11) faults.push(`letters of ${size.toFixed(1)} pixels: ${name(text)}`);
            const { left, right, top } = text.getBoundingClientRect();
            const around = boxes.find(
                box => box.top <= top && top <= box.bottom && box.left <= left && left <= box.right
            );
            const { left: least, right: most } = around || frame;
            if (left < least || right > most) faults.push(`cut off: ${name(text)}`);
        }
    }

    // ---- Code -----------------------------------------------------------------------------------

    for (const block of content.querySelectorAll("div.highlight")) {
        if (!block.querySelector("button.copybtn")) faults.push(`no copy button: ${name(block)}`);
    }

    // ---- Contrast, as WCAG 2 counts it: 4.5, or 3 for large letters -----------------------------

    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const known = new Map();
    const parse = colour => {
        if (!known.has(colour)) {
            canvas.clearRect(0, 0, 1, 1);
            canvas.fillStyle = colour;
            canvas.fillRect(0, 0, 1, 1);
            const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
            known.set(colour, [red, green, blue, alpha / 255]);
        }
        return known.get(colour);
    };
    const over = (upper, lower) =>
        [0, 1, 2].map(i => upper[i] * upper[3] + lower[i] * (1 - upper[3])).concat(1);
    const background = element => {
        if (!element) return [255, 255, 255, 1];
        const colour = parse(getComputedStyle(element).backgroundColor);
        return colour[3] === 1 ? colour : over(colour, background(element.parentElement));
    };
    const luminance = colour => {
        const [red, green, blue] = colour.map(value => {
            const part = value / 255;
            return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const low = new Map();
    for (const element of document.body.querySelectorAll("*")) {
        const hasText = [...element.childNodes]
            .some(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
        if (!hasText || !isShown(element)) continue;
        const style = getComputedStyle(element);
        if (style.visibility === "hidden" || style.opacity === "0") continue;
        const below = background(element);
        const isSvg = element instanceof SVGElement;
        const [first, second] = [over(parse(isSvg ? style.fill : style.color), below), below]
            .map(luminance).sort((one, other) => other - one);
        const contrast = (first + 0.05) / (second + 0.05);
        const size = parseFloat(style.fontSize);
        const isLarge = size >= 24 || (size >= 18.66 && parseInt(style.fontWeight) >= 700);
        if (contrast < (isLarge ? 3 : 4.5)) {
            low.set(element.getAttribute("class") + style.color, [contrast, element]);
        }
    }
    for (const [contrast, element] of low.values()) {
        faults.push(`contrast of ${contrast.toFixed(2)}: ${name(element)}`);
    }

    const ids = [...document.querySelectorAll("[id]")].map(element => element.id);
    const links = [...document.querySelectorAll("a[href], link[href]")].map(link => link.href);
    return { faults, ids, links };
}
