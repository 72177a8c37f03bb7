import { Switch, Tooltip, UnstyledButton } from '@mantine/core';
import { pathOf } from '../parts/format';
import { tabInView } from './playback';
import { pageAt, tabAt } from './timeline';
import { useEngine, usePlayback } from './usePlayback';

/** The browser tabs of the session: which one is shown, which one the person is in. */
export function TabStrip() {
  const engine = useEngine();
  const timeline = usePlayback((e) => e.state.timeline);
  const shown = usePlayback((e) => tabInView(e.state));
  const active = usePlayback((e) => tabAt(e.state.timeline, e.state.time));
  const pinned = usePlayback((e) => e.state.pinned);
  // Which page each tab shows changes rarely; the key tells when.
  const pages = usePlayback((e) =>
    JSON.stringify(timeline.tabs.map((t) => pageAt(timeline, t.id, e.state.time)?.href ?? null)),
  );
  const hrefs = JSON.parse(pages) as (string | null)[];
  if (timeline.tabs.length < 2) return null;
  return (
    <div className="tabstrip">
      <nav className="tabstrip-tabs" aria-label="Tabs of this session">
        {timeline.tabs.map((tab, i) => (
          <UnstyledButton
            key={tab.id}
            className="tabstrip-tab"
            aria-pressed={tab.id === shown}
            onClick={() => engine.dispatch({ type: 'pin', tab: tab.id })}
          >
            {tab.id === active && <span className="live-dot" title="The person is in this tab" />}
            <b>Tab {tab.number}</b>
            <span className="cut dim">{pathOf(hrefs[i] ?? null) || 'not open yet'}</span>
          </UnstyledButton>
        ))}
      </nav>
      <Tooltip label="Show the tab the person is in">
        <Switch
          size="xs"
          label="Follow"
          checked={pinned === null}
          onChange={(e) => engine.dispatch({ type: 'pin', tab: e.currentTarget.checked ? null : shown })}
          classNames={{ label: 'controls-label' }}
        />
      </Tooltip>
    </div>
  );
}
