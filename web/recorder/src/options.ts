/** What a page may set on the script element, as `data-…` attributes. All but the key may be left out. */
export interface Options {
  /** The project's write key, `bsk_…`: may write recordings, may read nothing. */
  readonly key: string;
  /** Where batches go, without a trailing slash: `https://replay.example.com`. */
  readonly host: string;
  /** Whether recording starts by itself; `data-autostart="false"` waits for `backspool.start()`. */
  readonly autostart: boolean;
  /** Share of sessions that are recorded, 0 to 1. */
  readonly sample: number;
  /** Whether what is typed is replaced by stars. Passwords and card numbers always are. */
  readonly maskInputs: boolean;
  /** Whether all text of the page is replaced by stars. */
  readonly maskText: boolean;
  /** Whether a browser that asks not to be tracked is left alone. */
  readonly respectDnt: boolean;
  /** Whether uncaught errors and rejections are noted in the recording. */
  readonly errors: boolean;
  /** Whether `console.error` is noted in the recording. */
  readonly consoleErrors: boolean;
  /** Whether every page is an event `screen_view`. */
  readonly pageViews: boolean;
  /** A session ends after so long without anything done by the person. */
  readonly idleMs: number;
  /** A session ends after so long in any case. */
  readonly maxMs: number;
  /** Time between two full snapshots of a page that changes. */
  readonly checkoutMs: number;
}

/**
 * Reads the options of a script element.
 *
 * @param data the element's `dataset`
 * @param src the address the script was loaded from; batches go to the directory it lies in
 * @returns the options, or a sentence that says what is missing
 */
export function readOptions(
  data: Readonly<Record<string, string | undefined>>,
  src: string,
): Options | string {
  const key = data.key?.trim();
  if (!key) {
    return 'the script element has no data-key, so nothing is recorded';
  }
  const host = readHost(data.host ?? '.', src);
  if (!host) {
    return `cannot tell where to send recordings from "${data.host ?? src}"`;
  }
  return {
    key,
    host,
    autostart: flag(data.autostart, true),
    sample: number(data.sample, 1, 0, 1),
    maskInputs: flag(data.maskInputs, true),
    maskText: flag(data.maskText, false),
    respectDnt: flag(data.respectDnt, false),
    errors: flag(data.errors, true),
    consoleErrors: flag(data.console, true),
    pageViews: flag(data.pageViews, true),
    idleMs: number(data.idleMinutes, 30, 0.01, 24 * 60) * 60_000,
    maxMs: number(data.maxHours, 12, 0.01, 24) * 3_600_000,
    checkoutMs: number(data.checkoutMinutes, 5, 0.1, 60) * 60_000,
  };
}

function readHost(host: string, src: string): string | undefined {
  try {
    const url = new URL(host, src || undefined);
    if (url.protocol !== 'http:' && url.protocol !== 'https:') {
      return undefined;
    }
    return (url.origin + url.pathname).replace(/\/+$/, '');
  } catch {
    return undefined;
  }
}

/** An attribute without a value (`data-respect-dnt`) is a yes. */
function flag(text: string | undefined, otherwise: boolean): boolean {
  if (text === undefined) {
    return otherwise;
  }
  return !['false', '0', 'no', 'off'].includes(text.trim().toLowerCase());
}

/** A value that is no number counts as not given; one outside the bounds is moved to the nearest bound. */
function number(text: string | undefined, otherwise: number, least: number, most: number): number {
  const value = Number.parseFloat(text ?? '');
  return Number.isFinite(value) ? Math.min(most, Math.max(least, value)) : otherwise;
}
