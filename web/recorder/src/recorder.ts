import { record } from '@rrweb/record';
import type { Batch, Profile } from './batch';
import type { Claim } from './claim';
import { claimTab } from './claim';
import { isSampled, newId } from './ids';
import { Keep } from './keep';
import { BLOCK_SELECTOR, maskInput, maskTextSelector, Scrubber } from './masking';
import type { Options } from './options';
import { followAddress } from './pageviews';
import type { Entry, Loss } from './queue';
import { EventQueue, toEntry } from './queue';
import type { RecordedEvent } from './rrweb';
import { customEvent, FULL_SNAPSHOT, INCREMENTAL, isActivity, META } from './rrweb';
import type { Surroundings } from './sender';
import { Sender } from './sender';
import { Session } from './session';
import type { Store } from './store';
import { browserStore } from './store';
import { Tab } from './tab';
import type { Traits } from './tracker';
import { Tracker } from './tracker';
import { trackTransport, Wire } from './wire';

/** Most bytes of JSON that wait in memory while the server cannot be reached. */
const QUEUE_BYTES = 16 * 1024 * 1024;

/** Runs rrweb on this page and sends what it records, from {@link start} to {@link stop}. */
export class Recorder {
  private readonly shared: Store;
  private readonly tab: Tab;
  private readonly session: Session;
  private readonly sender: Sender;
  private readonly tracker: Tracker;
  private isTracking = true;
  private readonly queue = new EventQueue(QUEUE_BYTES);
  private readonly scrubber: Scrubber;
  private readonly page = newId();
  private claim: Claim | undefined;
  private stopRrweb: (() => void) | undefined;
  /** The address noted last: a page that changes it without loading anew gets a `navigation` event. */
  private href = '';
  private lastAt = 0;
  private asleep = false;
  private warned = false;

  /** @param profile the person in front of the page, when already known */
  constructor(
    private readonly options: Options,
    private profile: Profile | undefined,
  ) {
    // The key's end tells two projects on one origin apart.
    const prefix = `backspool.${options.key.slice(-8)}.`;
    this.shared = browserStore(() => window.localStorage, prefix);
    const wasDiscarded = (document as { wasDiscarded?: boolean }).wasDiscarded === true;
    this.tab = new Tab(
      browserStore(() => window.sessionStorage, prefix),
      wasDiscarded,
    );
    this.session = new Session(this.shared, options, Date.now());
    this.scrubber = new Scrubber(options, (id) => elementOf(id));
    this.sender = new Sender(
      this.queue,
      new Wire(options),
      new Keep(this.shared),
      {
        form: (entries) => this.form(entries),
        refused: (batch, status) => this.refused(batch, status),
        stopped: (status) => this.giveUp(`the server answers ${status}`),
      },
      browser,
    );
    this.tracker = new Tracker(this.shared, trackTransport(options), browser, () => this.trackedSession());
    this.settleTab();
    this.followPage();
    if (options.pageViews) {
      followAddress(guarded(() => this.track('screen_view', undefined, Date.now())));
    }
  }

  /** The session's id while something is recorded. */
  get sessionId(): string | null {
    return this.stopRrweb ? this.session.id : null;
  }

  /** Whether this session belongs to the share that is recorded. */
  get isSampled(): boolean {
    return isSampled(this.session.id, this.options.sample);
  }

  start(): void {
    this.isTracking = true;
    if (this.stopRrweb) {
      return;
    }
    this.asleep = false;
    this.session.turn(Date.now(), true);
    this.href = location.href;
    this.stopRrweb = record({
      emit: guarded((event: RecordedEvent) => this.take(event)),
      checkoutEveryNms: this.options.checkoutMs,
      blockSelector: BLOCK_SELECTOR,
      maskTextSelector: maskTextSelector(this.options),
      // `input` is looked up by tag name: it brings every input to maskInputFn, also of types to come.
      maskInputOptions: { input: true, textarea: true, select: this.options.maskInputs } as Record<
        string,
        boolean
      >,
      maskInputFn: (text, element) => maskInput(text, element, this.options),
      userTriggeredOnInput: true,
      slimDOMOptions: true,
      sampling: { scroll: 150, media: 800 },
      recordCanvas: false,
      recordCrossOriginIframes: false,
      // Functions of the page run inside rrweb's wrappers. A DOMException is theirs (a rule that does not
      // parse, say) and the page may expect it; anything else is rrweb's own and must not reach the page.
      errorHandler: (error: unknown) => !(error instanceof DOMException),
    });
  }

  /** Stops recording and tracking. */
  stop(): void {
    this.isTracking = false;
    this.tracker.flush();
    this.stopRecording();
  }

  private stopRecording(): void {
    this.stopRrweb?.();
    this.stopRrweb = undefined;
    this.sender.flush();
  }

  /** Names the person: goes with every later batch. */
  identify(profile: Profile | undefined): void {
    this.profile = profile;
    this.note('identify', { id: profile?.id ?? null });
  }

  /** Tells what is known of a person. */
  describe(id: string, traits: Traits): void {
    if (this.isTracking) {
      this.tracker.identify(id, traits);
    }
  }

  /** Takes an analytics event. Throws for one that cannot be sent. */
  track(name: string, properties: unknown, at: number): void {
    if (!this.isTracking) {
      return;
    }
    this.tracker.track({
      name,
      time: at,
      profile_id: this.profile?.id,
      url: location.href,
      referrer: document.referrer || undefined,
      title: this.options.maskText ? undefined : document.title || undefined,
      properties,
    });
  }

  /** While nothing is recorded, nothing else notices that a session is over. */
  private trackedSession(): string {
    if (!this.stopRrweb) {
      this.session.turn(Date.now(), true);
    }
    return this.session.id;
  }

  /** Puts a custom event into the recording. */
  note(tag: string, payload: unknown): void {
    if (this.stopRrweb) {
      this.take(customEvent(tag, payload, Date.now()));
    }
  }

  /** Takes an event from rrweb, or one of our own, into the session it belongs to. */
  private take(event: RecordedEvent): void {
    if (event.type === META || event.type === FULL_SNAPSHOT) {
      if (!this.asleep) {
        this.put(event);
      }
      return;
    }
    const active = isActivity(event, record.mirror.getId(document));
    const turn = this.session.turn(event.timestamp, active);
    if (turn === 'asleep') {
      this.asleep = true;
      return;
    }
    if (turn === 'new' && !this.isSampled) {
      this.stopRecording();
      return;
    }
    if (turn === 'new' || this.asleep) {
      this.asleep = false;
      this.snapshot();
      if (event.type === INCREMENTAL && !active) {
        // The snapshot was taken after the change, so it shows it.
        return;
      }
      // The snapshot came first, so that the session begins with it.
      event.timestamp = Math.max(event.timestamp, this.lastAt);
    }
    this.noteAddress(event.timestamp);
    this.put(event);
  }

  private noteAddress(at: number): void {
    if (location.href !== this.href) {
      this.href = location.href;
      this.put(
        customEvent(
          'navigation',
          { href: this.href, title: this.options.maskText ? '' : document.title },
          at,
        ),
      );
    }
  }

  private put(event: RecordedEvent): void {
    this.scrubber.scrub(event);
    this.lastAt = event.timestamp;
    const loss = this.queue.push(toEntry(event, this.session.id));
    if (loss) {
      this.noteLoss(event, loss);
    }
    this.sender.noteEvent();
  }

  /** The queue overflowed: leaves a number out, so that the server sees the gap, and makes what follows playable. */
  private noteLoss(event: RecordedEvent, loss: Loss): void {
    this.tab.nextSeq(this.session.id);
    if (!loss.needsSnapshot) {
      return;
    }
    if (event.type === FULL_SNAPSHOT) {
      this.giveUp('a snapshot of this page is larger than what may wait in memory');
      return;
    }
    this.snapshot();
    this.put(customEvent('dropped', { events: loss.events, bytes: loss.bytes }, this.lastAt));
  }

  private refused(batch: Batch, status: number): void {
    this.warnOnce(`the server refused a part of the recording with ${status}`);
    if (status === 413 && batch.entries[0]?.type === FULL_SNAPSHOT) {
      this.giveUp('a snapshot of this page is larger than what the server takes');
    } else if (this.stopRrweb && !this.asleep) {
      this.snapshot();
    }
  }

  private giveUp(why: string): void {
    this.warnOnce(`${why}; recording stopped`);
    this.stopRrweb?.();
    this.stopRrweb = undefined;
  }

  private warnOnce(what: string): void {
    if (!this.warned) {
      this.warned = true;
      console.warn(`backspool: ${what}`);
    }
  }

  /** A fresh Meta and full snapshot, which come back through {@link take}. */
  private readonly snapshot = guarded(() => record.takeFullSnapshot(true));

  private form(entries: readonly Entry[]): Batch {
    const session = entries[0]?.session ?? this.session.id;
    return {
      id: newId(),
      session,
      tab: this.tab.id,
      seq: this.tab.nextSeq(session),
      profile: this.profile,
      entries,
    };
  }

  /** Asks the other tabs for our name; until they had time to answer, nothing is sent. */
  private settleTab(): void {
    if (typeof BroadcastChannel === 'undefined') {
      this.sender.open();
      return;
    }
    this.claim = claimTab(
      new BroadcastChannel('backspool') as unknown as Parameters<typeof claimTab>[0],
      this.tab.id,
      this.page,
      (ms, run) => void setTimeout(guarded(run), ms),
      (taken) => {
        if (taken) {
          this.tab.rename();
        }
        this.sender.open();
      },
    );
  }

  private followPage(): void {
    const leaveRecording = guarded(() => this.sender.leave());
    const leaveTracking = guarded(() => this.tracker.leave());
    const leave = (): void => {
      // The small one first: both share what may outlive the page.
      leaveTracking();
      leaveRecording();
    };
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden') {
        leave();
      }
    });
    window.addEventListener('pagehide', () => {
      leave();
      guarded(() => {
        this.tab.leave();
        // An open channel would keep the page out of the back-forward cache.
        this.claim?.release();
      })();
    });
    window.addEventListener(
      'pageshow',
      guarded((event: PageTransitionEvent) => {
        if (event.persisted) {
          this.tab.comeBack();
          this.settleTab();
          if (this.stopRrweb) {
            // Other pages were recorded in this tab meanwhile; what follows is played on this one.
            this.session.turn(Date.now(), true);
            this.asleep = false;
            this.snapshot();
          }
        }
      }),
    );
    window.addEventListener(
      'online',
      guarded(() => {
        this.sender.retryNow();
        this.tracker.flush();
      }),
    );
  }
}

function elementOf(id: number): Element | null {
  const node = record.mirror.getNode(id);
  return node instanceof Element ? node : (node?.parentElement ?? null);
}

const browser: Surroundings = {
  now: Date.now,
  after: (ms, run) => {
    const timer = setTimeout(guarded(run), ms);
    return () => clearTimeout(timer);
  },
  chance: Math.random,
};

/** Makes a function that never throws: whatever goes wrong in here is not the page's concern. */
export function guarded<A extends unknown[]>(run: (...args: A) => void): (...args: A) => void {
  return (...args) => {
    try {
      run(...args);
    } catch (error) {
      console.debug('backspool:', error);
    }
  };
}
