import { Loader } from '@mantine/core';
import { IconCircleCheckFilled } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { Link } from 'react-router';
import { useProject, useSessions } from '../api/queries';
import type { Source } from '../api/types';
import { exactly, when } from '../parts/format';
import { SOURCES } from '../parts/names';

/** Turns green when the first recording or event has come by this way. Looks every few seconds until then. */
export function LiveCheck({ project, source }: { project: string; source: Source }) {
  const [found, setFound] = useState(false);
  const info = useProject(project, found ? 30_000 : 3_000);
  const last = info.data?.sources[source];
  useEffect(() => setFound(last !== undefined), [last]);
  const what = source === 'openpanel' ? 'event' : 'recording';
  const newest = useSessions(project, '').data?.pages[0]?.sessions.find((s) => s.source === source);
  if (last) {
    return (
      <div className="check good" role="status">
        <IconCircleCheckFilled size={18} />
        <div>
          <strong>{what === 'event' ? 'Events arrive' : 'Recordings arrive'}</strong>
          <div className="dim" title={exactly(last)}>
            The latest by {SOURCES[source]}: {when(last)}.{' '}
            {what === 'event' && <Link to={`/p/${project}/events`}>See them</Link>}
            {what === 'event' && newest?.has_recording && ' · '}
            {newest && (what === 'recording' || newest.has_recording) && (
              <Link to={`/p/${project}/replays/${newest.id}`}>Watch it</Link>
            )}
          </div>
        </div>
      </div>
    );
  }
  return (
    <div className="check" role="status">
      <Loader size={16} color="gray" />
      <div>
        <strong>Waiting for the first {what}</strong>
        <div className="dim">
          {source === 'import'
            ? 'This turns green when a file has been imported.'
            : `This turns green within seconds of the first ${what === 'event' ? 'event' : 'upload'}. Nothing needs to be reloaded.`}
        </div>
      </div>
    </div>
  );
}
