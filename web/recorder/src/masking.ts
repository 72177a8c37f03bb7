import type { RecordedEvent, RecordedNode } from './rrweb';
import { FULL_SNAPSHOT, INCREMENTAL, INPUT, MUTATION } from './rrweb';

/** Elements that are recorded as an empty box. */
export const BLOCK_SELECTOR = '[data-backspool-block]';
/** Elements whose text and fields are recorded as stars. */
export const MASK_SELECTOR = '[data-backspool-mask]';

/** Attributes that show or speak text, so that a masked element may not keep them. */
const TELLING_ATTRIBUTES = [
  'title',
  'alt',
  'placeholder',
  'aria-label',
  'aria-description',
  'value',
  'label',
];
/** Inputs whose value is the page's own words. */
const PAGE_WORDED = ['button', 'submit', 'reset', 'image', 'checkbox', 'radio'];
/** Fields that are masked in any case, by what they say about themselves. */
const ALWAYS_SECRET = /(^|\s)(cc-|current-password|new-password|one-time-code)/i;

/** What a page wants masked. */
export interface MaskingRules {
  readonly maskInputs: boolean;
  readonly maskText: boolean;
}

/** The elements whose text rrweb replaces. A text area's first text and an editable element are input, too. */
export function maskTextSelector(rules: MaskingRules): string {
  if (rules.maskText) {
    return '*';
  }
  return rules.maskInputs
    ? `${MASK_SELECTOR}, textarea, [contenteditable]:not([contenteditable="false" i])`
    : `${MASK_SELECTOR}, textarea${MASK_SELECTOR}`;
}

/** Stars in place of everything that is not space, so that lines break as they did. */
export function stars(text: string): string {
  return text.replace(/\S/g, '*');
}

/** What a field has to be judged by: of the element itself or of its record in a snapshot. */
interface Field {
  readonly tag: string;
  attribute(name: string): string | null;
}

/** Whether a field's value is masked. `inside` says whether an element around it asks for that. */
export function isSecret(field: Field, inside: boolean, rules: MaskingRules): boolean {
  const type = (field.attribute('type') ?? '').toLowerCase();
  if (field.tag === 'input') {
    if (PAGE_WORDED.includes(type)) {
      return inside;
    }
    if (type === 'password' || type === 'hidden' || field.attribute('data-rr-is-password') !== null) {
      return true;
    }
  }
  return rules.maskInputs || inside || ALWAYS_SECRET.test(field.attribute('autocomplete') ?? '');
}

function fieldOf(element: Element): Field {
  return { tag: element.tagName.toLowerCase(), attribute: (name) => element.getAttribute(name) };
}

/** Masks a field's value for rrweb, which asks for each value it is about to record. */
export function maskInput(text: string, element: Element, rules: MaskingRules): string {
  return isSecret(fieldOf(element), element.closest(MASK_SELECTOR) !== null, rules) ? stars(text) : text;
}

/**
 * Goes over each event before it is kept, for what rrweb's own masking leaves out: the attribute of
 * a field that was emptied, the chosen options of a masked list, and attributes with text of masked elements.
 */
export class Scrubber {
  /** @param elementOf finds the page's element by its id in the recording */
  constructor(
    private readonly rules: MaskingRules,
    private readonly elementOf: (id: number) => Element | null,
  ) {}

  /** Masks in place: the event was made for us alone. */
  scrub(event: RecordedEvent): void {
    if (event.type === FULL_SNAPSHOT) {
      this.scrubNode(event.data.node, false);
    } else if (event.type === INCREMENTAL && (event.data.source as number) === MUTATION) {
      this.scrubMutation(event.data as MutationData);
    } else if (event.type === INCREMENTAL && (event.data.source as number) === INPUT) {
      const input = event.data as unknown as { id: number; text: string };
      const element = this.elementOf(input.id);
      input.text = element ? maskInput(input.text, element, this.rules) : stars(input.text);
    }
  }

  private scrubMutation(data: MutationData): void {
    for (const add of data.adds) {
      this.scrubNode(add.node, this.isInside(add.parentId));
    }
    for (const change of data.attributes) {
      if (this.isInside(change.id)) {
        hideTelling(change.attributes);
      }
    }
  }

  private isInside(id: number): boolean {
    const element = this.elementOf(id);
    return element ? element.closest(MASK_SELECTOR) !== null : false;
  }

  private scrubNode(node: RecordedNode, around: boolean): void {
    let inside = around;
    if ('tagName' in node) {
      const attributes = node.attributes as Attributes;
      inside ||= 'data-backspool-mask' in attributes;
      if (inside) {
        hideTelling(attributes);
      }
      if (node.tagName === 'option' && inside) {
        attributes.selected = undefined;
      } else if (node.tagName === 'input' && isSecret(recordedField(attributes), inside, this.rules)) {
        hide(attributes, 'value');
      }
    }
    if ('childNodes' in node) {
      for (const child of node.childNodes) {
        this.scrubNode(child, inside);
      }
    }
  }
}

type Attributes = Record<string, unknown>;

interface MutationData {
  readonly adds: readonly { readonly parentId: number; readonly node: RecordedNode }[];
  readonly attributes: readonly { readonly id: number; readonly attributes: Attributes }[];
}

function recordedField(attributes: Attributes): Field {
  return {
    tag: 'input',
    attribute: (name) => {
      const value = attributes[name];
      return value === undefined || value === null ? null : String(value);
    },
  };
}

function hideTelling(attributes: Attributes): void {
  for (const name of TELLING_ATTRIBUTES) {
    hide(attributes, name);
  }
}

function hide(attributes: Attributes, name: string): void {
  const value = attributes[name];
  if (typeof value === 'string') {
    attributes[name] = stars(value);
  }
}
