"""A page walked through with the Tab key."""

from __future__ import annotations

from dataclasses import dataclass

from toolchain.devtools import Tab

_STOPS = """
(() => {
  const named = 'a[href], area[href], button, input, select, textarea, summary, audio[controls], video[controls],'
    + '[tabindex]:not([tabindex^="-"])';
  window.stops = [...document.querySelectorAll(named)].filter(e => e.checkVisibility({visibilityProperty: true}));
  return stops.map(e => e.outerHTML.slice(0, 90));
})()
"""
_LOOK = """
(() => {
  const element = document.activeElement, style = getComputedStyle(element), box = element.getClientRects()[0];
  if (element === document.body || element === document.documentElement) return null;
  // Relative luminance by WCAG 2.2; a canvas turns any way of naming a colour into its parts.
  const light = colour => {
    const paint = Object.assign(document.createElement('canvas'), {width: 1, height: 1}).getContext('2d');
    paint.fillStyle = colour;
    paint.fillRect(0, 0, 1, 1);
    const part = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    const [r, g, b, alpha] = paint.getImageData(0, 0, 1, 1).data;
    return alpha && 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const behind = e => e && (light(getComputedStyle(e).backgroundColor) || behind(e.parentElement));
  const [dark, bright] = [light(style.outlineColor), behind(element.parentElement)].sort((a, b) => a - b);
  const faults = [];
  if (style.outlineStyle == 'none' || parseFloat(style.outlineWidth) < 2) faults.push('shows no focus');
  else if ((bright + 0.05) / (dark + 0.05) < 3) faults.push('shows its focus too faintly');
  const x = box.left + box.width / 2, y = box.top + box.height / 2, there = document.elementFromPoint(x, y);
  if (!there) faults.push('is off the screen');
  else if (!element.contains(there) && !there.contains(element)) faults.push(`is covered by ${there.outerHTML.slice(0, 60)}`);
  return {index: stops.indexOf(element), element: element.outerHTML.slice(0, 90), faults};
})()
"""
MOST_STOPS = 2000


@dataclass(frozen=True)
class Walk:
    """The elements that can be reached by key, in their order, which of them were, and what was wrong there."""

    stops: list[str]
    visited: list[int]
    faults: list[str]


def walk(tab: Tab, *, backwards: bool = False) -> Walk:
    """Press Tab from the page's beginning, or Shift and Tab from its end, until it leaves the page or comes round."""
    stops: list[str] = tab.evaluate(_STOPS)
    tab.evaluate("document.activeElement.blur(); getSelection().removeAllRanges()")
    visited: list[int] = []
    faults: list[str] = []
    for _ in range(MOST_STOPS):
        tab.press("Tab", 9, shift=backwards)
        seen = tab.evaluate(_LOOK)
        if seen is None or seen["index"] in visited:
            break
        visited.append(seen["index"])
        faults += [f"{seen['element']} {fault}" for fault in seen["faults"]]
    return Walk(stops, visited, faults)
