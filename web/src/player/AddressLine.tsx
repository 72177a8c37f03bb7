import { tabInView } from './playback';
import { pageAt } from './timeline';
import { usePlayback } from './usePlayback';

/** The address of the page in view, as the browser's own bar would have shown it. */
export function AddressLine() {
  const tabs = usePlayback((e) => e.state.timeline.tabs.length);
  const href = usePlayback((e) => pageAt(e.state.timeline, tabInView(e.state), e.state.time)?.href ?? null);
  if (tabs > 1) return null;
  return (
    <div className="addressline">
      <span className="cut" title={href ?? undefined} data-testid="player-address">
        {href ? href.replace(/^https?:\/\//, '') : 'No page yet'}
      </span>
    </div>
  );
}
