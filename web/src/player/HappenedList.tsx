import { IconAlertTriangle, IconCursorText, IconFileText, IconPointer } from '@tabler/icons-react';
import { useMemo } from 'react';
import { pathOf } from '../parts/format';
import { FollowList } from './FollowList';
import { type Line, linesOf, MARKS } from './look';
import { useEngine, usePlayback } from './usePlayback';

const ICONS = { page: IconFileText, click: IconPointer, input: IconCursorText, error: IconAlertTriangle };

/** Pages and marks in step with the playhead; each line goes to its moment. */
export function HappenedList() {
  const engine = useEngine();
  const timeline = usePlayback((e) => e.state.timeline);
  const lines = useMemo(() => linesOf(timeline), [timeline]);
  if (lines.length === 0) return <p className="side-empty">No pages or actions were recorded.</p>;
  return (
    <FollowList
      lines={lines}
      at={(line) => line.at}
      className={(line) => line.kind}
      onPick={(line) =>
        engine.dispatch({ type: 'seek', to: Math.max(0, line.at - (line.kind === 'page' ? 0 : 500)) })
      }
    >
      {(line) => (
        <>
          <LineIcon line={line} />
          <span className="cut">
            {line.kind === 'page' ? pathOf(line.href) || 'Page' : MARKS[line.kind].one}
            {line.kind !== 'page' && line.times > 1 && <span className="dim"> × {line.times}</span>}
          </span>
        </>
      )}
    </FollowList>
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
