import { UnstyledButton } from '@mantine/core';
import { IconAlertTriangle, IconCursorText, IconFileText, IconPointer } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef } from 'react';
import { clock, pathOf } from '../parts/format';
import { type Line, linesOf, MARKS } from './look';
import { lastAt } from './timeline';
import { useEngine, usePlayback } from './usePlayback';

const ICONS = { page: IconFileText, click: IconPointer, input: IconCursorText, error: IconAlertTriangle };
const HEIGHT = 32;

/** Pages and marks in step with the playhead; each line goes to its moment. */
export function HappenedList() {
  const engine = useEngine();
  const timeline = usePlayback((e) => e.state.timeline);
  const lines = useMemo(() => linesOf(timeline), [timeline]);
  const current = usePlayback((e) => lastAt(lines.length, (i) => lines[i]?.at ?? 0, e.state.time + 50));
  const scroller = useRef<HTMLDivElement>(null);
  const touched = useRef(0);
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => HEIGHT,
    overscan: 12,
  });
  useEffect(() => {
    // Somebody reading the list is not to lose their place.
    if (current >= 0 && Date.now() - touched.current > 4_000) rows.scrollToIndex(current, { align: 'auto' });
  }, [current, rows]);
  if (lines.length === 0) return <p className="side-empty">No pages or actions were recorded.</p>;
  const touch = () => {
    touched.current = Date.now();
  };
  return (
    <div className="happened" ref={scroller} onWheel={touch} onPointerDown={touch}>
      <div style={{ height: rows.getTotalSize(), position: 'relative' }}>
        {rows.getVirtualItems().map((item) => {
          const line = lines[item.index];
          if (!line) return null;
          return (
            <UnstyledButton
              key={item.key}
              className={`happened-line ${line.kind}`}
              aria-current={item.index === current}
              data-passed={item.index <= current}
              style={{ transform: `translateY(${item.start}px)`, height: item.size }}
              onClick={() =>
                engine.dispatch({ type: 'seek', to: Math.max(0, line.at - (line.kind === 'page' ? 0 : 500)) })
              }
            >
              <span className="happened-time">{clock(line.at)}</span>
              <LineIcon line={line} />
              <span className="cut">
                {line.kind === 'page' ? pathOf(line.href) || 'Page' : MARKS[line.kind].one}
                {line.kind !== 'page' && line.times > 1 && <span className="dim"> × {line.times}</span>}
              </span>
            </UnstyledButton>
          );
        })}
      </div>
    </div>
  );
}

function LineIcon({ line }: { line: Line }) {
  const Icon = ICONS[line.kind];
  return (
    <Icon
      size={14}
      aria-hidden="true"
      className="icon"
      style={line.kind === 'page' ? undefined : { color: MARKS[line.kind].color }}
    />
  );
}
