import { Button, Loader } from '@mantine/core';
import { IconPlayerPlayFilled } from '@tabler/icons-react';
import { type ReactNode, type RefObject, useEffect, useState } from 'react';
import { lengthInWords } from '../parts/format';
import { useSize } from '../parts/useSize';
import type { Engine } from './engine';
import { modeOf, skippedSpan, tabInView } from './playback';
import { gapAt } from './timeline';
import { usePlayback } from './usePlayback';

/** The quiet ground on which the recorded page stands in its true proportions. */
export function Stage({
  host,
  page,
  children,
}: {
  host: RefObject<HTMLDivElement | null>;
  /** The recorded page's viewport in CSS pixels. */
  page: { width: number; height: number };
  children?: ReactNode;
}) {
  const [ref, { width, height }] = useSize<HTMLDivElement>();
  // Never enlarged: a blurred page tells less than one with a margin.
  const scale = width > 0 ? Math.min(1, width / page.width, height / page.height) : 1;
  return (
    <div className="stage" ref={ref}>
      <div className="stage-page" style={{ width: page.width * scale, height: page.height * scale }}>
        <div
          className="stage-host"
          ref={host}
          style={{ width: page.width, height: page.height, transform: `scale(${scale})` }}
        />
      </div>
      {children}
    </div>
  );
}

/** What is said over the picture: waiting, skipping, missing. */
export function StageNotes() {
  const mode = usePlayback((e) => modeOf(e.state));
  const staged = usePlayback((e) => e.state.staged);
  const trouble = usePlayback((e) => e.trouble);
  const skipped = usePlayback((e) => (mode === 'skipping' ? skippedSpan(e.state) : null));
  const gap = usePlayback((e) => gapHere(e));
  const scene = usePlayback((e) => e.state.scene?.key ?? null);
  const atLiveEnd = usePlayback((e) => e.state.timeline.live && e.state.time >= e.state.timeline.duration);
  const engine = usePlayback((e) => e);
  const away = usePlayback((e) => e.away);
  const slow = useLate(!staged || mode === 'buffering', 250);

  if (trouble) {
    return (
      <div className="stage-cover" role="alert">
        <p>{trouble.message}</p>
        {trouble.retry && (
          <Button size="xs" variant="default" onClick={() => engine.retry()}>
            Try again
          </Button>
        )}
      </div>
    );
  }
  return (
    <>
      {scene === null && staged && (
        <div className="stage-cover">
          <p>{gap ?? 'Nothing was recorded in this tab at this moment.'}</p>
        </div>
      )}
      {slow && !atLiveEnd && (
        <div className="stage-note" role="status">
          <Loader size={14} color="gray" /> {away ? 'The archive does not answer. Trying again.' : 'Loading'}
        </div>
      )}
      {slow && atLiveEnd && mode === 'buffering' && (
        <div className="stage-note" role="status">
          <span className="live-dot" /> Waiting for the next events
        </div>
      )}
      {skipped && (
        <div className="stage-note" role="status">
          Skipping {lengthInWords(skipped.to - skipped.from)} without activity
        </div>
      )}
      {gap && !(scene === null && staged) && (
        <div className="stage-note gap" role="status">
          {gap}
        </div>
      )}
      {(mode === 'paused' || mode === 'finished') && staged && (
        <button
          type="button"
          className="stage-play"
          aria-label={mode === 'finished' ? 'Play again' : 'Play'}
          onClick={() => engine.dispatch({ type: 'play' })}
        >
          <IconPlayerPlayFilled size={26} />
        </button>
      )}
      {(mode === 'playing' || mode === 'skipping') && (
        <button
          type="button"
          className="stage-pause"
          aria-label="Pause"
          tabIndex={-1}
          onClick={() => engine.dispatch({ type: 'pause' })}
        />
      )}
    </>
  );
}

function gapHere(engine: Engine): string | null {
  const { state } = engine;
  const gap =
    gapAt(state.timeline.gaps, tabInView(state), state.time) ??
    gapAt(engine.gaps, tabInView(state), state.time);
  return gap ? gap.message || 'A part of the recording is missing here.' : null;
}

/** True once `on` has been true for `ms`; quick changes are not worth a word on the screen. */
function useLate(on: boolean, ms: number): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!on) {
      setLate(false);
      return;
    }
    const timer = setTimeout(() => setLate(true), ms);
    return () => clearTimeout(timer);
  }, [on, ms]);
  return on && late;
}
