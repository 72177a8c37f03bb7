import type { Profile } from './batch';
import type { ErrorNote } from './errors';
import { listenForErrors } from './errors';
import type { Options } from './options';
import { readOptions } from './options';
import { guarded, Recorder } from './recorder';
import type { Traits } from './tracker';

/** What a page can do with its recording: `window.backspool`. No method ever throws. */
export interface Backspool {
  /** Names the person, from the next batch on; `identify(null)` forgets the name. */
  identify(id: string | number | null, traits?: Traits): void;
  /** Tells of something that happened, as an analytics event of the session. The properties have to be JSON. */
  track(name: string, properties?: Record<string, unknown>): void;
  /** Stops recording and tracking; what was recorded is still sent. */
  stop(): void;
  /** Starts again, or for the first time with `data-autostart="false"`, also when the session was not sampled. */
  start(): void;
  /** The session's id, or null while nothing is recorded. */
  sessionId(): string | null;
  /** Puts an event of the page's own into the recording. The payload has to be JSON. */
  event(tag: string, payload?: unknown): void;
}

declare global {
  interface Window {
    backspool?: Backspool;
  }
}

/** Errors noted before recording starts, at most. */
const EARLY_ERRORS = 20;
/** Events told before it starts, at most. */
const EARLY_EVENTS = 100;

function install(script: HTMLScriptElement | null): void {
  if (window.backspool || isRecordedByParent()) {
    return;
  }
  const options = readOptions(script?.dataset ?? {}, script?.src ?? '');
  if (typeof options === 'string') {
    console.warn(`backspool: ${options}`);
    return;
  }
  if (options.respectDnt && asksNotToBeTracked()) {
    return;
  }
  window.backspool = open(options);
}

function open(options: Options): Backspool {
  let recorder: Recorder | undefined;
  let early: ErrorNote[] = [];
  let earlyEvents: ((recorder: Recorder) => void)[] = [];
  let profile: Profile | undefined;
  let wanted = options.autostart;

  const start = (whenSampledOnly: boolean): void => {
    recorder ??= new Recorder(options, profile);
    for (const tell of earlyEvents) {
      tell(recorder);
    }
    earlyEvents = [];
    if (whenSampledOnly && !recorder.isSampled) {
      return;
    }
    recorder.start();
    for (const error of early) {
      recorder.note('error', error);
    }
    early = [];
  };

  const tell = (event: (recorder: Recorder) => void): void => {
    const safely = guarded(event);
    if (recorder) {
      safely(recorder);
    } else if (earlyEvents.length < EARLY_EVENTS) {
      earlyEvents.push(safely);
    }
  };

  listenForErrors(options, (error) => {
    if (recorder?.sessionId) {
      recorder.note('error', error);
    } else if (!recorder && early.length < EARLY_ERRORS) {
      early.push(error);
    }
  });
  whenParsed(
    guarded(() => {
      if (wanted) {
        start(true);
      }
    }),
  );

  return {
    identify: guarded((id: string | number | null, traits?: Traits) => {
      profile = id === null ? undefined : { id: String(id), name: traits?.name, email: traits?.email };
      recorder?.identify(profile);
      if (id !== null && traits) {
        tell((each) => each.describe(String(id), traits));
      }
    }),
    track: guarded((name: string, properties?: Record<string, unknown>) => {
      const at = Date.now();
      tell((each) => each.track(String(name), properties, at));
    }),
    stop: guarded(() => {
      wanted = false;
      recorder?.stop();
    }),
    start: guarded(() => {
      wanted = true;
      whenParsed(guarded(() => start(false)));
    }),
    sessionId: () => recorder?.sessionId ?? null,
    event: guarded((tag: string, payload?: unknown) => {
      whenParsed(guarded(() => recorder?.note(String(tag), payload ?? null)));
    }),
  };
}

/** Runs when the page's own elements are there. */
function whenParsed(run: () => void): void {
  if (document.readyState === 'loading') {
    document.addEventListener('DOMContentLoaded', run, { once: true });
  } else {
    run();
  }
}

/** A frame of the same origin is part of its parent's recording. */
function isRecordedByParent(): boolean {
  try {
    return window.parent !== window && window.parent.backspool !== undefined;
  } catch {
    return false;
  }
}

function asksNotToBeTracked(): boolean {
  const { globalPrivacyControl } = navigator as { globalPrivacyControl?: boolean };
  return navigator.doNotTrack === '1' || globalPrivacyControl === true;
}

guarded(() => {
  const running = document.currentScript;
  install(
    running instanceof HTMLScriptElement ? running : document.querySelector('script[data-key^="bsk_"]'),
  );
})();
