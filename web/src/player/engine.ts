import type { Recording } from '../api/types';
import { belongs, eventsOfScene, type PageBefore, pageBefore } from './events';
import { FrameStore } from './frameStore';
import { bufferedTo, framesToShow, plan } from './frames';
import { type Action, atEnd, begin, type Playback, rateOf, step } from './playback';
import { SceneView } from './sceneView';
import {
  buildTimeline,
  type Frame,
  type Gap,
  type Scene,
  sceneAfter,
  sceneAt,
  tabInViewAfter,
} from './timeline';

/** Above this rate the picture stands still and catches up at the end: nobody can follow it anyway. */
const FASTEST_SHOWN = 32;
/** A stop of the page longer than this and the picture is set to the clock again. */
const STALL = 400;
/** How early, in real time, the next scene is built behind the present one. */
const PREPARE = 3_000;
/** How often, in milliseconds, the plan of what to fetch is looked at while time passes. */
const REPLAN = 500;

export interface EngineOptions {
  recording: Recording;
  urlOf: (frame: number) => string;
  host: HTMLElement;
  onResize: (width: number, height: number) => void;
  settings: Partial<Playback>;
}

/** Why there is no picture although there is a scene. */
export interface Trouble {
  message: string;
  /** Whether asking again may help. */
  retry: boolean;
}

/**
 * The effects around the pure playback: the clock, the frames, and the scenes on stage. One picture is
 * shown; the next one is built behind it and swapped in complete, so the page never flashes.
 */
export class Engine {
  state: Playback;
  /** Frames found missing or damaged while playing. */
  gaps: readonly Gap[] = [];
  trouble: Trouble | null = null;

  private readonly store: FrameStore;
  private readonly host: HTMLElement;
  private readonly onResize: EngineOptions['onResize'];
  private readonly listeners = new Set<() => void>();
  private shown: SceneView | null = null;
  private coming: { view: SceneView; ready: boolean } | null = null;
  private page: PageBefore | null = null;
  private lastFrame = 0;
  private lastPlan = 0;
  private raf = 0;
  private closed = false;

  constructor({ recording, urlOf, host, onResize, settings }: EngineOptions) {
    this.state = begin(buildTimeline(recording), settings);
    this.host = host;
    this.onResize = onResize;
    this.store = new FrameStore(urlOf, (frame) => this.frameSettled(frame));
  }

  /** Begins loading, and playing if that is wanted. */
  open(): void {
    this.stage();
    this.run();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  dispatch(action: Action): void {
    if (this.closed) return;
    const before = this.state;
    this.state = step(before, action);
    if (this.state === before) return;
    if (this.state.generation !== before.generation) this.stage();
    this.setMotion();
    this.run();
    this.announce();
  }

  /** A newer index of a live recording. */
  refresh(recording: Recording): void {
    const before = this.state.scene;
    this.dispatch({ type: 'timeline', timeline: buildTimeline(recording) });
    const { scene, time } = this.state;
    if (before && scene && before.key === scene.key && hasNewBetween(before.frames, scene.frames)) {
      // A gap was filled: what came before cannot be told to a picture that is past it.
      this.shown?.destroy();
      this.shown = null;
      this.dropComing();
      this.dispatch({ type: 'seek', to: time });
    }
    this.fetchAhead();
  }

  /** Whether what is waited for lies in an archive that does not answer; it is asked for again. */
  get away(): boolean {
    return this.store.away;
  }

  retry(): void {
    this.trouble = null;
    this.store.retry();
    this.dispatch({ type: 'seek', to: this.state.time });
  }

  close(): void {
    this.closed = true;
    cancelAnimationFrame(this.raf);
    this.store.dispose();
    this.shown?.destroy();
    this.dropComing();
    this.listeners.clear();
  }

  private run(): void {
    if (this.state.wants !== 'play' || this.raf !== 0) return;
    this.lastFrame = performance.now();
    this.raf = requestAnimationFrame(this.tick);
  }

  private tick = (now: number): void => {
    this.raf = 0;
    if (this.closed || this.state.wants !== 'play') return;
    const elapsed = Math.max(0, now - this.lastFrame);
    this.lastFrame = now;
    // Asked for before the step: a step that pauses leaves it to find nothing to do.
    this.raf = requestAnimationFrame(this.tick);
    this.dispatch({ type: 'tick', elapsed: Math.min(elapsed, STALL) });
    if (elapsed > STALL && this.shown && this.shown.rate > 0)
      this.shown.play(this.state.time, this.shown.rate);
    if (now - this.lastPlan > REPLAN) {
      this.lastPlan = now;
      this.fetchAhead();
    }
  };

  /** Puts on stage what belongs there now. */
  private stage(): void {
    const { scene, time, generation } = this.state;
    this.trouble = null;
    this.fetchAhead();
    if (!scene) {
      this.shown?.destroy();
      this.shown = null;
      this.dropComing();
      this.dispatch({ type: 'staged', generation, bufferedTo: Number.POSITIVE_INFINITY });
      return;
    }
    if (this.coming && this.coming.view.scene.key === scene.key && this.coming.ready) {
      const { view } = this.coming;
      this.coming = null;
      this.raise(view, time, generation);
      return;
    }
    if (this.shown?.scene.key === scene.key && this.haveToShow(scene, time)) {
      this.raise(this.shown, time, generation);
      return;
    }
    void this.openScene(scene, time, generation);
  }

  /** Builds a scene behind the shown one, if its frames are here; otherwise `frameSettled` comes back. */
  private async openScene(scene: Scene, time: number, generation: number): Promise<void> {
    if (!this.haveToShow(scene, time)) {
      const failed = framesToShow(scene, time)
        .map((f) => this.store.trouble(f.n))
        .find((t) => t?.kind === 'failed' || t?.kind === 'away');
      if (failed?.kind === 'away') {
        this.fail('The archive that holds this part of the recording does not answer. Trying again.', true);
      } else if (failed) {
        const asleep = failed.status === 401;
        this.fail(
          asleep
            ? 'You are no longer signed in.'
            : `Part of the recording could not be fetched. ${failed.message}`,
          !asleep,
        );
      }
      return;
    }
    if (this.coming?.view.scene.key !== scene.key) {
      this.dropComing();
      const view = this.build(scene, time);
      if (!view) {
        const gone = framesToShow(scene, time).some((f) => this.store.trouble(f.n)?.kind === 'gone');
        this.unshowable(
          generation,
          gone
            ? 'The part of the recording that holds this page is missing or damaged.'
            : 'No full snapshot of the page was received, so what changed on it later cannot be shown.',
        );
        return;
      }
      this.coming = { view, ready: false };
    }
    const { coming } = this;
    try {
      await coming.view.ready;
      coming.ready = true;
    } catch (error) {
      if (this.coming === coming) this.dropComing();
      if (generation === this.state.generation) {
        this.unshowable(generation, error instanceof Error ? error.message : String(error));
      }
      return;
    }
    // Meanwhile the playhead may have gone elsewhere; the picture may still serve as the next one.
    if (this.closed || this.coming !== coming || generation !== this.state.generation) return;
    this.coming = null;
    this.raise(coming.view, this.state.time, generation);
  }

  private raise(view: SceneView, time: number, generation: number): void {
    this.trouble = null;
    this.giveFrames(view);
    view.showAt(time);
    this.fit(view);
    view.show();
    if (this.shown !== view) {
      const old = this.shown;
      this.shown = view;
      old?.destroy();
    }
    this.dispatch({ type: 'staged', generation, bufferedTo: this.reach(view.scene) });
    this.setMotion();
    this.fetchAhead();
  }

  private fit({ size }: SceneView): void {
    if (size) this.onResize(size.width, size.height);
  }

  private build(scene: Scene, time: number): SceneView | null {
    const frames = scene.frames.filter((f) => this.store.settled(f.n));
    const events = eventsOfScene(
      scene,
      frames.map((f) => this.store.events(f.n)),
      this.page ?? undefined,
    );
    if (!events) return null;
    this.page = pageBefore(events);
    const view = new SceneView(this.host, scene, events, time, this.store.adapted, (resized) => {
      if (this.shown === resized || !this.shown) this.fit(resized);
    });
    for (const frame of frames) view.given.add(frame.n);
    return view;
  }

  /** Without a picture the clock still runs, up to where the next one can be shown. */
  private unshowable(generation: number, message: string): void {
    this.fail(message, false);
    this.dispatch({ type: 'staged', generation, bufferedTo: Number.POSITIVE_INFINITY });
    this.fetchAhead();
  }

  private fail(message: string, retry: boolean): void {
    this.trouble = { message, retry };
    this.announce();
  }

  private frameSettled(frame: Frame): void {
    if (this.closed) return;
    const trouble = this.store.trouble(frame.n);
    const tab = this.state.timeline.tabs.find((t) => t.frames.some((f) => f.n === frame.n))?.id;
    if (trouble?.kind === 'gone' && tab && !this.gaps.some((g) => g.tab === tab && g.from === frame.from)) {
      const reason = trouble.code === 'frame_damaged' ? 'damaged' : 'missing';
      this.gaps = [
        ...this.gaps,
        { tab, from: frame.from, to: Math.max(frame.to, frame.from + 1), reason, message: trouble.message },
      ];
      this.announce();
    }
    if (trouble?.kind === 'away') this.announce();
    const { scene, staged, time, generation } = this.state;
    if (scene && !staged) void this.openScene(scene, time, generation);
    else this.extend();
  }

  /** Hands newly arrived frames to the scene on stage. */
  private extend(): void {
    const { scene, staged, generation } = this.state;
    if (!scene || !staged || this.shown?.scene.key !== scene.key) return;
    this.giveFrames(this.shown);
    const to = this.reach(scene);
    if (to !== this.state.bufferedTo) this.dispatch({ type: 'buffered', generation, bufferedTo: to });
  }

  private giveFrames(view: SceneView): void {
    // The scene in the present timeline: a live one has more frames now than when the view was made.
    const scene = this.state.scene?.key === view.scene.key ? this.state.scene : view.scene;
    for (const frame of scene.frames) {
      if (view.given.has(frame.n) || !this.store.settled(frame.n)) continue;
      view.append(
        frame.n,
        this.store.events(frame.n).filter((e) => belongs(scene, e)),
      );
    }
  }

  private reach(scene: Scene): number {
    return bufferedTo(scene, (n) => this.store.settled(n) || (this.shown?.given.has(n) ?? false));
  }

  private haveToShow(scene: Scene, time: number): boolean {
    const given = this.shown?.scene.key === scene.key ? this.shown.given : null;
    return framesToShow(scene, time).every((f) => this.store.settled(f.n) || given?.has(f.n));
  }

  private fetchAhead(): void {
    const { timeline, scene, time, speed } = this.state;
    const next = this.upcoming();
    // Until there is a picture nothing may compete with the frames it needs.
    const frames =
      scene && !this.state.staged ? framesToShow(scene, time) : plan(timeline, scene, time, speed);
    if (next && this.state.staged)
      for (const f of framesToShow(next.scene, next.at)) if (!frames.includes(f)) frames.push(f);
    this.store.want(frames);
    this.extend();
    this.prepare(next);
  }

  /** What will be shown after the present scene if time just goes on, and when. */
  private upcoming(): { scene: Scene; at: number } | null {
    const { timeline, scene, time, pinned } = this.state;
    const change = pinned === null ? tabInViewAfter(timeline, time) : null;
    const after = scene ? sceneAfter(timeline, scene) : null;
    if (change && (!after || change.at <= after.from)) {
      const there = sceneAt(timeline, change.tab, change.at);
      return there ? { scene: there, at: change.at } : null;
    }
    return after ? { scene: after, at: after.from } : null;
  }

  private prepare(next: { scene: Scene; at: number } | null): void {
    const { staged, time, speed, wants } = this.state;
    if (!next || !staged || wants !== 'play' || next.at - time > PREPARE * Math.max(1, speed)) return;
    if (this.coming?.view.scene.key === next.scene.key) return;
    if (this.shown?.scene.key === next.scene.key || !this.haveToShow(next.scene, next.at)) return;
    this.dropComing();
    const view = this.build(next.scene, next.at);
    if (!view) return;
    const coming = { view, ready: false };
    this.coming = coming;
    view.ready.then(
      () => {
        coming.ready = true;
        const { scene, staged: on, generation, time: now } = this.state;
        if (this.coming === coming && !on && scene?.key === view.scene.key && !this.closed) {
          this.coming = null;
          this.raise(view, now, generation);
        }
      },
      () => this.coming === coming && this.dropComing(),
    );
  }

  /** Makes the picture on stage move as the state says. */
  private setMotion(): void {
    const view = this.shown;
    if (!view) return;
    const rate = this.state.staged ? rateOf(this.state) : 0;
    const shownRate = rate > FASTEST_SHOWN ? 0 : rate;
    if (shownRate === view.rate) return;
    if (shownRate > 0) view.play(this.state.time, shownRate);
    // The Replayer's timer may be behind the clock, and what comes last would not be shown.
    else if (atEnd(this.state)) view.showAt(this.state.time);
    else view.pause();
  }

  private dropComing(): void {
    this.coming?.view.destroy();
    this.coming = null;
  }

  private announce(): void {
    for (const listener of this.listeners) listener();
  }
}

/** Whether there are frames now, before the last one there was, that were not there. */
function hasNewBetween(before: readonly Frame[], now: readonly Frame[]): boolean {
  const known = new Set(before.map((f) => f.n));
  const last = before.at(-1)?.from ?? Number.NEGATIVE_INFINITY;
  return now.some((f) => f.from < last && !known.has(f.n));
}
