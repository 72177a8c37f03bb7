/** An error of the page, as the payload of a custom event with the tag `error`. */
export interface ErrorNote {
  readonly kind: 'error' | 'rejection' | 'console';
  readonly message: string;
  /** Address of the script. */
  readonly source?: string;
  readonly line?: number;
  readonly column?: number;
  readonly stack?: string;
}

const MESSAGE_CHARS = 1_000;
const STACK_CHARS = 4_000;

/** Lets through a burst, then a steady trickle: a page that fails in a loop must not fill its recording. */
export class RateBound {
  private readonly left: number[] = [];

  /**
   * @param most so many at a time
   * @param perMs and no more within this time
   */
  constructor(
    private readonly most: number,
    private readonly perMs: number,
  ) {}

  /** Whether one more may pass at this time. */
  allows(now: number): boolean {
    while (this.left.length > 0 && Math.abs(now - (this.left[0] ?? now)) >= this.perMs) {
      this.left.shift();
    }
    if (this.left.length >= this.most) {
      return false;
    }
    this.left.push(now);
    return true;
  }
}

/** What is thrown need not be an error. */
export function describeThrown(kind: ErrorNote['kind'], thrown: unknown): ErrorNote {
  if (thrown instanceof Error) {
    const stack = thrown.stack?.slice(0, STACK_CHARS);
    return {
      kind,
      message: `${thrown.name}: ${thrown.message}`.slice(0, MESSAGE_CHARS),
      ...(stack ? { stack } : {}),
    };
  }
  return { kind, message: briefly(thrown).slice(0, MESSAGE_CHARS) };
}

/** The arguments of `console.error` as one message, with the stack of the first error among them. */
export function describeConsole(args: readonly unknown[]): ErrorNote {
  const message = args.map(briefly).join(' ').slice(0, MESSAGE_CHARS);
  const error = args.find((arg): arg is Error => arg instanceof Error);
  const stack = error?.stack?.slice(0, STACK_CHARS);
  return { kind: 'console', message, ...(stack ? { stack } : {}) };
}

/** Objects show their keys only: their values may be large, or private. */
function briefly(value: unknown): string {
  if (value instanceof Error) {
    return `${value.name}: ${value.message}`;
  }
  if (typeof value === 'object' && value !== null) {
    return Array.isArray(value)
      ? `Array(${value.length})`
      : `{${Object.keys(value).slice(0, 10).join(', ')}}`;
  }
  return String(value);
}

/**
 * Listens for errors of the page.
 *
 * @param sources which of them: uncaught ones, `console.error`
 * @param note told each error that the rate bound lets through
 */
export function listenForErrors(
  sources: { readonly errors: boolean; readonly consoleErrors: boolean },
  note: (error: ErrorNote) => void,
): void {
  const bound = new RateBound(20, 60_000);
  const pass = (describe: () => ErrorNote): void => {
    try {
      if (bound.allows(Date.now())) {
        note(describe());
      }
    } catch {
      // An error that cannot be described (a proxy, a getter that throws) is not worth another one.
    }
  };
  if (sources.errors) {
    window.addEventListener('error', (event) => {
      pass(() => ({
        ...describeThrown('error', event.error ?? event.message),
        ...(event.filename ? { source: event.filename } : {}),
        line: event.lineno,
        column: event.colno,
      }));
    });
    window.addEventListener('unhandledrejection', (event) => {
      pass(() => describeThrown('rejection', event.reason));
    });
  }
  if (sources.consoleErrors) {
    const original = console.error;
    console.error = function (this: unknown, ...args: unknown[]): void {
      pass(() => describeConsole(args));
      original.apply(this, args);
    };
  }
}
