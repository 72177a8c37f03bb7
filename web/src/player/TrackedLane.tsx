import { type MouseEvent, useMemo } from 'react';
import { KINDS } from '../events/kinds';
import { nearest, type Tracked } from './tracked';
import { useEngine } from './usePlayback';

const HEIGHT = 12;
/** How near, in pixels, a press has to be to a mark to mean it. */
export const REACH = 6;

interface Props {
  tracked: readonly Tracked[];
  duration: number;
  width: number;
}

/**
 * The session's events as marks over the timeline, coloured by kind. For the eye and the pointer: the
 * list beside the picture says the same and can be walked with keys.
 */
export function TrackedLane({ tracked, duration, width }: Props) {
  const engine = useEngine();
  const marks = useMemo(() => {
    // Marks of a kind that would fall on the same pixels are drawn once.
    const seen = new Set<string>();
    return tracked.filter(({ kind, at }) => {
      const key = `${kind} ${Math.round((at / Math.max(1, duration)) * (width / 2))}`;
      return !seen.has(key) && seen.add(key);
    });
  }, [tracked, duration, width]);
  const x = (at: number) => (duration > 0 ? (at / duration) * width : 0);
  const onClick = (event: MouseEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const time = ((event.clientX - box.left) / Math.max(1, box.width)) * duration;
    const hit = nearest(tracked, time, (REACH / Math.max(1, width)) * duration);
    engine.dispatch({ type: 'seek', to: hit ? hit.at : Math.min(Math.max(0, time), duration) });
  };
  return (
    <svg width={width} height={HEIGHT} className="timeline-events" aria-hidden="true" onClick={onClick}>
      {marks.map(({ at, kind, event, outside }) => (
        <rect
          key={event.id}
          x={Math.min(Math.max(0, x(at) - 2), width - 4)}
          y={kind === 'screen_view' ? 5 : 1}
          width={4}
          height={kind === 'screen_view' ? 6 : 10}
          rx={1.5}
          fill={KINDS[kind].color}
          opacity={outside ? 0.45 : 1}
          data-testid="event-mark"
          data-kind={kind}
        />
      ))}
    </svg>
  );
}
