import { UnstyledButton } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useRef } from 'react';
import { clock } from '../parts/format';
import { lastAt } from './timeline';
import { usePlayback } from './usePlayback';

const HEIGHT = 32;
/** Somebody reading the list is not to lose their place for this long. */
const READING = 4_000;

interface Props<T> {
  lines: readonly T[];
  /** Milliseconds from the recording's start; ascending. */
  at: (line: T) => number;
  className: (line: T) => string;
  onPick: (line: T) => void;
  children: (line: T) => ReactNode;
}

/** Lines in step with the playhead; each can be picked. */
export function FollowList<T>({ lines, at, className, onPick, children }: Props<T>) {
  const current = usePlayback((e) =>
    lastAt(
      lines.length,
      (i) => {
        const line = lines[i];
        return line === undefined ? 0 : at(line);
      },
      e.state.time + 50,
    ),
  );
  const scroller = useRef<HTMLDivElement>(null);
  const touched = useRef(0);
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => HEIGHT,
    overscan: 12,
  });
  useEffect(() => {
    if (current >= 0 && Date.now() - touched.current > READING)
      rows.scrollToIndex(current, { align: 'auto' });
  }, [current, rows]);
  const touch = () => {
    touched.current = Date.now();
  };
  return (
    <div className="happened" ref={scroller} onWheel={touch} onPointerDown={touch}>
      <div style={{ height: rows.getTotalSize(), position: 'relative' }}>
        {rows.getVirtualItems().map((item) => {
          const line = lines[item.index];
          if (line === undefined) return null;
          return (
            <UnstyledButton
              key={item.key}
              className={`happened-line ${className(line)}`}
              aria-current={item.index === current}
              data-passed={item.index <= current}
              style={{ transform: `translateY(${item.start}px)`, height: item.size }}
              onClick={() => onPick(line)}
            >
              <span className="happened-time">{clock(at(line))}</span>
              {children(line)}
            </UnstyledButton>
          );
        })}
      </div>
    </div>
  );
}
