import { adaptCssForReplay } from 'rrweb-snapshot';
import { describe, expect, it } from 'vitest';
import { hoverAsClass } from './hover';

/** What the Replayer itself would have made of it. */
const reference = (css: string) => adaptCssForReplay(css, { stylesWithHoverClass: new Map() });

describe('style sheets for replay', () => {
  it.each([
    ['a { color: red }'],
    ['a:hover { color: red }'],
    ['a:hover, b, c:hover > d{color:red}e:hover{}'],
    ['.x:not(:hover, .y):hover::before { content: "a:hover { }" }'],
    ['@media (min-device-width: 100px) and (max-device-height:2em) { a:hover { color: red } }'],
    ['@media screen{a:hover{color:red}}b{color:blue}c:hover{}'],
    ['a { background: url(data:image/svg+xml;utf8,<svg>{};:hover</svg>) } b:hover { x: y }'],
    [`a[title="},:hover{"]:hover, b[x='\\'{'] { color: red }`],
    ['.sm\\:hover\\:x:hover { color: red }'],
    ['a{color:red;}\n\n/* a:hover { */\nb:hover{color:red}'],
    ['@charset "utf-8"; @import url("x;y.css"); a:hover{}'],
    ['.a { color: red; &:hover { color: blue } .b:hover & { color: green } }'],
    ['@font-face{font-family:x;src:url( "a;b" ),url(c)}a:hover{x:url()}b:hover{y:z}'],
    ['@keyframes k { from { top: 0 } to { top: 1px } } a:hover { animation: k }'],
  ])('become what the Replayer would make of them: %s', (css) => {
    expect(hoverAsClass(css)).toBe(reference(css));
  });

  it('are left alone where they are not closed', () => {
    for (const css of [
      'a:hover {',
      'a:hover',
      '/* a:hover',
      'a:hover { x: "',
      "b { x: url(a:hover ';",
      'a\\',
    ]) {
      expect(hoverAsClass(css).startsWith(css.slice(0, 5))).toBe(true);
    }
  });

  it('lose comments between selectors only in the copies', () => {
    expect(hoverAsClass('/* x:hover, */ a:hover /* y */ { }')).toBe(
      '/* x:hover, */ a:hover /* y */,\na.\\:hover { }',
    );
  });
});
