/** What interrupts the reading of a style sheet: comments, strings, addresses, blocks and their ends. */
const TURNS = /\/\*|["'{};\\]|url\(\s*(?=[^"'\s])/gi;
const COMMENTS = /\/\*[\s\S]*?\*\//g;

/**
 * Rewrites a style sheet as the Replayer needs it: every rule for `:hover` also applies to the class of
 * that name, which the Replayer sets on what the recorded mouse is over, and device sizes become
 * viewport sizes. The Replayer's own rewriting parses the whole sheet, which takes most of half a second
 * for a megabyte; reading only the parts in front of blocks takes a fiftieth of that. What cannot be
 * understood is left as it is.
 */
export function hoverAsClass(css: string): string {
  if (!css.includes(':hover') && !css.includes('-device-')) return css;
  let out = '';
  let copied = 0;
  let prelude = 0;
  TURNS.lastIndex = 0;
  for (let turn = TURNS.exec(css); turn; turn = TURNS.exec(css)) {
    const [token] = turn;
    switch (token) {
      case '/*':
        TURNS.lastIndex = after(css, '*/', TURNS.lastIndex);
        break;
      case '\\':
        TURNS.lastIndex++;
        break;
      case '"':
      case "'":
        TURNS.lastIndex = endOfString(css, token, TURNS.lastIndex);
        break;
      case '{': {
        const before = css.slice(prelude, turn.index);
        const adapted = adaptPrelude(before);
        if (adapted !== before) {
          out += css.slice(copied, prelude) + adapted;
          copied = turn.index;
        }
        prelude = TURNS.lastIndex;
        break;
      }
      case '}':
      case ';':
        prelude = TURNS.lastIndex;
        break;
      default: // an address without quotes
        TURNS.lastIndex = after(css, ')', TURNS.lastIndex);
    }
  }
  return out + css.slice(copied);
}

/** What stands in front of a block: selectors, or an at-rule with its conditions. */
function adaptPrelude(prelude: string): string {
  const bare = prelude.includes('/*') ? prelude.replace(COMMENTS, '') : prelude;
  if (bare.trimStart().startsWith('@')) {
    return prelude.replace(/(max|min)-device-(width|height)/g, '$1-$2');
  }
  if (!bare.includes(':hover')) return prelude;
  const copies = splitList(bare.trim())
    .filter((selector) => selector.includes(':hover'))
    .map((selector) => `,\n${selector.replaceAll(':hover', '.\\:hover')}`);
  const end = prelude.trimEnd().length;
  return prelude.slice(0, end) + copies.join('') + prelude.slice(end);
}

/** A selector list at its own commas, not those inside brackets or strings. */
function splitList(selectors: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i < selectors.length; i++) {
    const c = selectors[i];
    if (c === '\\') i++;
    else if (c === '"' || c === "'") i = endOfString(selectors, c, i + 1) - 1;
    else if (c === '(' || c === '[') depth++;
    else if (c === ')' || c === ']') depth--;
    else if (c === ',' && depth === 0) {
      parts.push(selectors.slice(from, i).trim());
      from = i + 1;
    }
  }
  parts.push(selectors.slice(from).trim());
  return parts;
}

/** The index behind `end`, or the end of the text when it is not closed. */
function after(text: string, end: string, from: number): number {
  const at = text.indexOf(end, from);
  return at < 0 ? text.length : at + end.length;
}

function endOfString(text: string, quote: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === quote) return i + 1;
  }
  return text.length;
}
