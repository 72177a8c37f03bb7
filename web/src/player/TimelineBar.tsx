import { type PointerEvent, useEffect, useMemo, useRef, useState } from 'react';
import { clock, pathOf } from '../parts/format';
import { useSize } from '../parts/useSize';
import { MARKS } from './look';
import { REACH, TrackedLane } from './TrackedLane';
import { density, type Gap, gapAt, pageAt, type Timeline, tabAt } from './timeline';
import { useTracked } from './tracked';
import { useEngine, usePlayback } from './usePlayback';

const HEIGHT = 40;
/** Names of events that a hint has room for. */
const HINTED = 4;

/** The one line of time over all tabs: how busy, which pages, which marks, what is missing, and now. */
export function TimelineBar() {
  const engine = useEngine();
  const timeline = usePlayback((e) => e.state.timeline);
  const lost = usePlayback((e) => e.gaps);
  const tracked = useTracked();
  const seconds = usePlayback((e) => Math.floor(e.state.time / 1000));
  const [ref, { width }] = useSize<HTMLDivElement>();
  const [hover, setHover] = useState<number | null>(null);
  const dragging = useRef(false);
  const gaps = useMemo(() => [...timeline.gaps, ...lost], [timeline, lost]);

  const timeOf = (event: PointerEvent) => {
    const box = event.currentTarget.getBoundingClientRect();
    const share = (event.clientX - box.left) / Math.max(1, box.width);
    return Math.min(Math.max(share, 0), 1) * timeline.duration;
  };
  const onDown = (event: PointerEvent) => {
    if (event.button !== 0) return;
    dragging.current = true;
    event.currentTarget.setPointerCapture(event.pointerId);
    setHover(timeOf(event));
  };
  const onMove = (event: PointerEvent) => setHover(timeOf(event));
  const onUp = (event: PointerEvent) => {
    if (!dragging.current) return;
    dragging.current = false;
    engine.dispatch({ type: 'seek', to: timeOf(event) });
    if (event.pointerType !== 'mouse') setHover(null);
  };

  return (
    <div className="timeline" data-events={tracked.length > 0}>
      {tracked.length > 0 && width > 0 && (
        <div className="timeline-lane" onPointerMove={onMove} onPointerLeave={() => setHover(null)}>
          <TrackedLane tracked={tracked} duration={timeline.duration} width={width} />
        </div>
      )}
      <div
        ref={ref}
        className="timeline-track"
        role="slider"
        tabIndex={0}
        aria-label="Moment in the recording"
        aria-valuemin={0}
        aria-valuemax={Math.round(timeline.duration / 1000)}
        aria-valuenow={seconds}
        aria-valuetext={`${clock(seconds * 1000)} of ${clock(timeline.duration)}`}
        onPointerDown={onDown}
        onPointerMove={onMove}
        onPointerUp={onUp}
        onPointerCancel={() => {
          dragging.current = false;
          setHover(null);
        }}
        onPointerLeave={() => !dragging.current && setHover(null)}
      >
        {width > 0 && <Picture timeline={timeline} gaps={gaps} width={width} />}
        <Played />
        {hover !== null && timeline.duration > 0 && (
          <div className="timeline-hover" style={{ left: `${(hover / timeline.duration) * 100}%` }} />
        )}
      </div>
      {hover !== null && <Hint timeline={timeline} gaps={gaps} time={hover} width={width} />}
    </div>
  );
}

/** What does not change while time passes. */
function Picture({ timeline, gaps, width }: { timeline: Timeline; gaps: Gap[]; width: number }) {
  const bars = useMemo(() => density(timeline, Math.max(1, Math.floor(width / 3))), [timeline, width]);
  const x = (time: number) => (timeline.duration > 0 ? (time / timeline.duration) * width : 0);
  const marks = useMemo(() => {
    // Marks that would fall on the same pixel are drawn once; errors are kept apart from the others.
    const seen = new Set<string>();
    return timeline.marks.filter((m) => {
      const key = `${m.kind} ${Math.round((m.at / Math.max(1, timeline.duration)) * width)}`;
      return !seen.has(key) && seen.add(key);
    });
  }, [timeline, width]);
  return (
    <svg width={width} height={HEIGHT} aria-hidden="true" className="timeline-picture">
      <defs>
        <pattern id="hatch" width="6" height="6" patternTransform="rotate(45)" patternUnits="userSpaceOnUse">
          <line x1="0" y1="0" x2="0" y2="6" stroke="var(--hatch)" strokeWidth="3" />
        </pattern>
      </defs>
      {timeline.tabs.length > 1 &&
        timeline.switches.map((s, i) => {
          const to = timeline.switches[i + 1]?.at ?? timeline.duration;
          const tab = timeline.tabs.findIndex((t) => t.id === s.tab);
          return (
            <rect
              key={s.at}
              x={x(s.at)}
              width={Math.max(1, x(to) - x(s.at))}
              y={0}
              height={HEIGHT}
              className={tab % 2 === 0 ? 'timeline-tab even' : 'timeline-tab odd'}
            />
          );
        })}
      <g className="timeline-activity">
        {bars.map((value, i) =>
          value > 0 ? (
            // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place
            <rect key={i} x={i * 3} width={2} y={28 - 18 * value} height={18 * value} />
          ) : null,
        )}
      </g>
      {timeline.pages.map((p) => (
        <rect key={`${p.tab} ${p.at}`} x={x(p.at)} width={1} y={3} height={25} className="timeline-page" />
      ))}
      {marks.map((m) => (
        <rect
          key={`${m.kind} ${m.tab} ${m.at}`}
          x={x(m.at) - (m.kind === 'error' ? 1.5 : 0.75)}
          width={m.kind === 'error' ? 3 : 1.5}
          y={m.kind === 'error' ? 3 : 31}
          height={m.kind === 'error' ? 33 : 5}
          fill={MARKS[m.kind].color}
        />
      ))}
      {gaps.map((g) => (
        <rect
          key={`${g.tab} ${g.from}`}
          x={x(g.from)}
          width={Math.max(3, x(g.to) - x(g.from))}
          y={0}
          height={HEIGHT}
          fill="url(#hatch)"
          data-testid="gap"
          data-reason={g.reason}
        />
      ))}
    </svg>
  );
}

/** The playhead and what lies behind it, moved without drawing anything else again. */
function Played() {
  const engine = useEngine();
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const move = () => {
      const { time, timeline } = engine.state;
      const share = timeline.duration > 0 ? time / timeline.duration : 0;
      if (ref.current) ref.current.style.width = `${share * 100}%`;
    };
    move();
    return engine.subscribe(move);
  }, [engine]);
  return <div className="timeline-played" ref={ref} />;
}

/** What happened at the moment under the pointer. */
function Hint({
  timeline,
  gaps,
  time,
  width,
}: {
  timeline: Timeline;
  gaps: Gap[];
  time: number;
  width: number;
}) {
  const tab = tabAt(timeline, time);
  const page = pageAt(timeline, tab, time);
  const tracked = useTracked();
  const near = (REACH / Math.max(1, width)) * timeline.duration;
  const counts = new Map<string, number>();
  for (const m of timeline.marks) {
    if (Math.abs(m.at - time) <= near)
      counts.set(MARKS[m.kind].one, (counts.get(MARKS[m.kind].one) ?? 0) + 1);
  }
  const names = new Set(tracked.filter((t) => Math.abs(t.at - time) <= near).map((t) => t.event.name));
  const gap = timeline.tabs.map((t) => gapAt(gaps, t.id, time)).find((g) => g) ?? null;
  const share = timeline.duration > 0 ? time / timeline.duration : 0;
  const number = timeline.tabs.length > 1 ? timeline.tabs.find((t) => t.id === tab)?.number : undefined;
  return (
    <div
      className="timeline-hint"
      style={{ left: `${share * 100}%`, transform: `translateX(-${Math.round(share * 100)}%)` }}
    >
      <strong>{clock(time)}</strong>
      {number !== undefined && <span className="dim"> Tab {number}</span>}
      {page && <div className="cut">{pathOf(page.href)}</div>}
      {counts.size > 0 && (
        <div className="dim">
          {[...counts].map(([name, n]) => (n > 1 ? `${name} × ${n}` : name)).join(', ')}
        </div>
      )}
      {names.size > 0 && (
        <div>
          {[...names].slice(0, HINTED).join(', ')}
          {names.size > HINTED && ` and ${names.size - HINTED} more`}
        </div>
      )}
      {gap && <div className="hint-gap">{gap.message}</div>}
    </div>
  );
}
