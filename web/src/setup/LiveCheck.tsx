import { Loader } from '@mantine/core';
import { IconCircleCheckFilled } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { Link } from 'react-router';
import { useProject, useSessions } from '../api/queries';
import type { Source } from '../api/types';
import { exactly, when } from '../parts/format';
import { SOURCES } from '../parts/names';

/** Turns green when the first recording has come by this way. Looks every few seconds until then. */
export function LiveCheck({ project, source }: { project: string; source: Source }) {
  const [found, setFound] = useState(false);
  const info = useProject(project, found ? 30_000 : 3_000);
  const last = info.data?.sources[source];
  useEffect(() => setFound(last !== undefined), [last]);
  const newest = useSessions(project, '').data?.pages[0]?.sessions.find((s) => s.source === source);
  if (last) {
    return (
      <div className="check good" role="status">
        <IconCircleCheckFilled size={18} />
        <div>
          <strong>Recordings arrive</strong>
          <div className="dim" title={exactly(last)}>
            The latest by {SOURCES[source]}: {when(last)}.{' '}
            {newest && <Link to={`/p/${project}/replays/${newest.id}`}>Watch it</Link>}
          </div>
        </div>
      </div>
    );
  }
  return (
    <div className="check" role="status">
      <Loader size={16} color="gray" />
      <div>
        <strong>Waiting for the first recording</strong>
        <div className="dim">
          {source === 'import'
            ? 'This turns green when a file has been imported.'
            : 'This turns green within seconds of the first upload. Nothing needs to be reloaded.'}
        </div>
      </div>
    </div>
  );
}
