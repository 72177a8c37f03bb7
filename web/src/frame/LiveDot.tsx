import { Tooltip } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useLive } from '../api/live';

const WORDS = { connecting: 'Connecting', live: 'Live', lost: 'Offline' };

/** Whether what is on the screen follows the server, and when it last heard something. */
export function LiveDot() {
  const { state, lastAt } = useLive();
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 5_000);
    return () => clearInterval(timer);
  }, []);
  const seconds = lastAt === null ? null : Math.max(0, Math.round((now - lastAt) / 1000));
  const ago =
    seconds === null
      ? 'Nothing new since this page was opened'
      : seconds < 60
        ? `Last session activity ${seconds} s ago`
        : `Last session activity ${Math.round(seconds / 60)} min ago`;
  return (
    <Tooltip label={state === 'lost' ? 'The connection is lost. Trying again.' : ago}>
      <span className={`freshness ${state}`} role="status">
        <span className="live-dot" data-still={state !== 'live'} />
        <span>{WORDS[state]}</span>
      </span>
    </Tooltip>
  );
}
