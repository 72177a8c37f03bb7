import {
  IconBrowser,
  IconDeviceDesktop,
  IconDeviceGamepad2,
  IconDeviceMobile,
  IconDeviceTablet,
  IconDeviceTv,
  IconDeviceWatch,
  IconRobot,
  IconServer,
  IconStarFilled,
} from '@tabler/icons-react';
import { memo } from 'react';
import { Link } from 'react-router';
import type { Session } from '../api/types';
import { amount, clock, count, counted, exactly, when } from '../parts/format';
import { Sparkline } from './Sparkline';
import { cameFrom, deviceName, entryOf, who } from './who';

const DEVICES = {
  desktop: IconDeviceDesktop,
  mobile: IconDeviceMobile,
  tablet: IconDeviceTablet,
  smarttv: IconDeviceTv,
  console: IconDeviceGamepad2,
  wearable: IconDeviceWatch,
  server: IconServer,
  bot: IconRobot,
  unknown: IconBrowser,
};

interface Props {
  session: Session;
  to: string;
  compact: boolean;
  selected: boolean;
}

/** One session: a line of the table, or two lines when the list stands beside the player. */
export const SessionRow = memo(function SessionRow({ session, to, compact, selected }: Props) {
  const Device = DEVICES[session.device.type] ?? IconBrowser;
  const device = deviceName(session.device);
  const page = entryOf(session);
  const from = cameFrom(session);
  const recorded = session.has_recording;
  const pages = Math.max(session.page_count, session.screen_view_count);
  const badges = (
    <span className="row-badges">
      {session.live && (
        <span className="badge live">
          <span className="live-dot" />
          live
        </span>
      )}
      {compact && session.kept_at && <IconStarFilled size={12} className="row-star" aria-label="Kept" />}
      {session.error_count > 0 && <span className="badge bad">{counted(session.error_count, 'error')}</span>}
      {!recorded && (
        <span className="badge hollow" title="Told in events; nothing was recorded">
          events only
        </span>
      )}
      {recorded && !session.has_full_snapshot && (
        <span className="badge" title="No full snapshot was received">
          no picture
        </span>
      )}
      {session.revenue > 0 && <span className="badge money">{amount(session.revenue)}</span>}
      {session.tab_count > 1 && <span className="badge">{session.tab_count} tabs</span>}
    </span>
  );
  if (compact) {
    return (
      <Link
        to={to}
        className="row compact"
        data-recorded={recorded}
        aria-current={selected ? 'true' : undefined}
      >
        <span className="row-line">
          <b className="cut">{who(session)}</b>
          {badges}
          <span className="dim nowrap" title={exactly(session.last_event_at)}>
            {when(session.last_event_at)}
          </span>
        </span>
        <span className="row-line">
          <span className="tnum">{clock(session.duration_ms)}</span>
          {recorded ? (
            <Sparkline counts={session.activity} width={56} />
          ) : (
            <span className="nowrap">{counted(session.tracked_count, 'event')}</span>
          )}
          <span className="dim cut grow">
            {[page || counted(pages, 'page'), from].filter(Boolean).join(' · ')}
          </span>
          <Device size={14} className="dim" aria-label={device} />
        </span>
      </Link>
    );
  }
  return (
    <Link to={to} className="row" data-recorded={recorded} aria-current={selected ? 'true' : undefined}>
      <span className="cell-who">
        <b className="cut">{who(session)}</b>
        {badges}
      </span>
      <span className="cell-page cut dim" title={session.first_page ?? page}>
        {page}
      </span>
      <span className="cell-from cut dim" title={session.referrer ?? from}>
        {from}
      </span>
      <span className="cell-when" title={exactly(session.last_event_at)}>
        {when(session.last_event_at)}
      </span>
      <span className="cell-length">
        {recorded && <Sparkline counts={session.activity} />}
        <span>{clock(session.duration_ms)}</span>
      </span>
      <span className="cell-num">{count(pages)}</span>
      <span className="cell-num cell-clicks">{recorded && count(session.click_count)}</span>
      <span className="cell-num">{count(session.tracked_count)}</span>
      <span className="cell-device dim">
        <Device size={14} aria-hidden="true" />
        <span className="cut">{device}</span>
      </span>
    </Link>
  );
});
