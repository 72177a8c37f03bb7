import { Replayer } from '@rrweb/replay';
import { EventType, type eventWithTime } from '@rrweb/types';
import type { RrwebEvent } from './events';
import type { Scene } from './timeline';

/** How long a new picture waits for the page's own style sheets before it is shown without them. */
const STYLES_WITHIN = 600;
/** A snapshot that is not built by then never will be. */
const BUILT_WITHIN = 8_000;

/**
 * One scene on one rrweb Replayer. The Replayer builds into a frame sandboxed without scripts and is
 * driven by the engine's clock: it is told when to run and how fast, never asked what time it is.
 */
export class SceneView {
  /** Resolves when the picture at the opening moment is complete; rejects when it cannot be built. */
  readonly ready: Promise<void>;
  /** Frames whose events it has. */
  readonly given = new Set<number>();
  /** How fast it runs now; 0 when it stands still. */
  rate = 0;
  /** The recorded page's viewport, once known. */
  size: { width: number; height: number } | null = null;

  private readonly replayer: Replayer;
  private readonly element: HTMLDivElement;
  /** Offset before which the Replayer has no document to apply changes to. */
  private readonly firstOffset: number;
  private readonly origin: number;
  private destroyed = false;

  /**
   * @param events a Meta, a FullSnapshot, and what follows, sorted by time
   * @param adapted prepared style sheets by their recorded text
   * @param onResize called with the page's size whenever it changes
   */
  constructor(
    host: HTMLElement,
    readonly scene: Scene,
    events: RrwebEvent[],
    time: number,
    adapted: Map<string, string>,
    onResize: (view: SceneView) => void,
  ) {
    this.element = document.createElement('div');
    this.element.className = 'scene';
    host.append(this.element);
    this.origin = events[0]?.timestamp ?? 0;
    const snapshot = events.find((e) => e.type === EventType.FullSnapshot);
    this.firstOffset = (snapshot?.timestamp ?? this.origin) - this.origin + 1;
    this.replayer = new Replayer(events, {
      root: this.element,
      // Not a live stream, but this is what keeps the Replayer from ending the playback by itself when
      // it runs out of events: more may follow, and after an end it would build the page anew.
      liveMode: true,
      showWarning: false,
      // Focus inside the recorded page would take the keyboard away from the player.
      triggerFocus: false,
      loadTimeout: 0,
      mouseTail: { duration: 500, lineCap: 'round', lineWidth: 2, strokeStyle: '#6476de' },
    });
    // The Replayer keeps rewritten style sheets in a private cache of its own. Handing it ours, filled by
    // the worker, saves hundreds of milliseconds for a large sheet; without it only that time is lost.
    (this.replayer as unknown as { cache: { stylesWithHoverClass: Map<string, string> } }).cache = {
      stylesWithHoverClass: adapted,
    };
    this.replayer.iframe.tabIndex = -1;
    this.replayer.iframe.title = 'Recorded page';
    this.replayer.on('resize', (size) => {
      this.size = size as { width: number; height: number };
      onResize(this);
    });
    this.ready = this.built().then(() => this.settle(time));
  }

  show(): void {
    this.element.classList.add('shown');
  }

  /** Runs from `time` on at `rate`; also the way to bring it back in step. */
  play(time: number, rate: number): void {
    const offset = this.offset(time, rate);
    this.rate = rate;
    this.replayer.setConfig({ speed: rate });
    this.replayer.play(offset);
  }

  /** Stands still where it is. */
  pause(): void {
    if (this.rate === 0) return;
    this.rate = 0;
    this.replayer.pause();
  }

  /** Stands still at `time`. Forward it applies what lies between; backward it builds the page anew. */
  showAt(time: number): void {
    const offset = this.offset(time, this.rate);
    this.rate = 0;
    // It applies what lies before the moment it is given, and what happens at `time` belongs to it.
    this.replayer.pause(offset + 1);
  }

  append(frame: number, events: RrwebEvent[]): void {
    this.given.add(frame);
    for (const event of events) this.replayer.addEvent(event as eventWithTime);
  }

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    try {
      this.replayer.destroy();
    } finally {
      this.element.remove();
    }
  }

  /**
   * The Replayer's own measure of a moment. Its timer may be a few frames past the engine's clock; a
   * step back by that little would make it build the whole page anew, so it is left where it is.
   */
  private offset(time: number, rate: number): number {
    const offset = Math.max(time - this.scene.shift - this.origin, this.firstOffset);
    const now = this.replayer.getCurrentTime();
    return offset <= now && now - offset < 60 + 60 * rate ? now + 1 : offset;
  }

  /** The Replayer builds the first snapshot from a timer of its own. */
  private built(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error('The page could not be rebuilt from its snapshot.')),
        BUILT_WITHIN,
      );
      const done = () => {
        clearTimeout(timer);
        this.replayer.off('fullsnapshot-rebuilded', done);
        // A task of its own, so that building and catching up do not add up to one long stop.
        setTimeout(resolve, 0);
      };
      this.replayer.on('fullsnapshot-rebuilded', done);
    });
  }

  private async settle(time: number): Promise<void> {
    if (this.destroyed) return;
    this.showAt(time);
    const links = [
      ...(this.replayer.iframe.contentDocument?.querySelectorAll<HTMLLinkElement>('link[rel="stylesheet"]') ??
        []),
    ].filter((link) => !link.sheet);
    if (links.length === 0) return;
    const loaded = links.map(
      (link) =>
        new Promise((resolve) => {
          link.addEventListener('load', resolve, { once: true });
          link.addEventListener('error', resolve, { once: true });
        }),
    );
    await Promise.race([Promise.all(loaded), new Promise((resolve) => setTimeout(resolve, STYLES_WITHIN))]);
  }
}
